"""Decides which versions of which models serve, and which of them answers a request.

- `folders`: the models, versions and labels on disk; a fingerprint of a version's files.
- `status`: the state of a version, and the record of one that failed to load.
- `traffic`: how requests that name no version are shared among versions.
- `warmup`: the requests that a version brings along, answered before it serves.
- `row_independence`: tests whether requests for a signature may share a run.
- `lookup_tables`: frees the lookup tables of unloaded versions.
- `loading`: a version's folder, verified, loaded and warmed up.
- `model`: one model; brings its loaded versions in line with the disk.
- `registry`: all models, and the thread that watches their folder.
- `disagreements`, `shadow`: mirror requests to a second version and record where it disagrees.
- `admin`: changes of labels and traffic by an administrator.
"""
