"""The reliability plot and the coverage table: points where their numbers say."""

import re

from pipeline.report.reliability import coverage_table, reliability_plot


def test_a_point_stands_at_its_score_and_accuracy():
    drawn = str(reliability_plot("Trust", [(0, 50, 1, 0.0, 100.0), (50, 100, 4, 100.0, 50.0)]))
    points = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', drawn)
    assert [tuple(map(float, point)) for point in points] == [
        (46.0, 14.0, 6.0),
        (288.0, 139.0, 9.0),
    ]
    assert "4 answers of mean score 100.0: 50.0 % right" in drawn


def test_without_answers_it_says_so():
    assert "no answers" in str(reliability_plot("Trust", []))


def test_a_precision_out_of_reach_is_said():
    drawn = str(coverage_table([(90, 0.5, 80.0, 91.0), (100, 2.0, 0.0, 0.0)]))
    assert "0.5000" in drawn
    assert "out of reach" in drawn
