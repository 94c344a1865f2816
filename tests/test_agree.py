"""`edge label agree`: alpha against published examples, raters with errors, drift, the page."""

import json

import numpy as np
import pytest
from studio import START, annotated, write
from test_labelling import edge, exported, recordings, taken, tasks_of  # noqa: F401 - fixtures
from test_cli import edge as _edge  # noqa: F401 - a fixture

from calibration.labels.agreement import agreement
from calibration.labels.alpha import coincidences, krippendorff, of_label
from calibration.labels.kept import Said
from calibration.labels.page import page
from calibration.labels.told import as_dict, printed
from edge.starter_labels import STARTER
