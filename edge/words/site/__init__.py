"""What is said about a site: its recordings, its calibration, its KPIs, its trial; a part of edge/words."""

from __future__ import annotations

from edge.words.site.audit import AUDIT
from edge.words.site.calibrate import CALIBRATE
from edge.words.site.consent import CONSENT
from edge.words.site.coverage import COVERAGE
from edge.words.site.coverage_found import COVERAGE_FOUND
from edge.words.site.decide import DECIDE
from edge.words.site.drift import DRIFT
from edge.words.site.forget import FORGET
from edge.words.site.kpi import KPI
from edge.words.site.label import LABEL
from edge.words.site.label_found import LABEL_FOUND
from edge.words.site.notice import NOTICE
from edge.words.site.policy import POLICY
from edge.words.site.record import RECORD
from edge.words.site.shadow import SHADOW
from edge.words.site.steps import STEPS

SITE: dict[str, tuple[str, str]] = {
    **AUDIT,
    **CALIBRATE,
    **CONSENT,
    **COVERAGE,
    **COVERAGE_FOUND,
    **DECIDE,
    **DRIFT,
    **FORGET,
    **KPI,
    **LABEL,
    **LABEL_FOUND,
    **RECORD,
    **NOTICE,
    **POLICY,
    **SHADOW,
    **STEPS,
}
