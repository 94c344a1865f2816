"""Why a device does not run, in the few words a row of the panel holds."""

from __future__ import annotations

from edge.errors import EdgeError

_REASONS = {
    "why_not_there": (
        *("camera_none", "camera_away", "camera_unknown"),
        *("microphone_none", "microphone_away", "microphone_unknown"),
    ),
    "why_unplugged": ("microphone_lost",),
    "why_frozen": ("camera_silent", "camera_repeats", "camera_hangs", "microphone_frozen", "sound_no_answer"),
    "why_refused": ("camera_refused",),
    "why_unreachable": ("camera_unreachable",),
    "why_busy": ("camera_busy", "microphone_busy"),
    "why_no_permission": ("camera_denied", "microphone_denied"),
    "why_no_video": ("camera_no_video",),
    "why_stopped": ("camera_stopped",),
    "why_several": ("camera_several", "microphone_several"),
    "why_not_installed": ("portaudio_missing", "gst_missing"),
    "why_no_server": ("portaudio_unstarted",),
    "why_late": ("microphone_late",),
}
_OF = {key: reason for reason, keys in _REASONS.items() for key in keys}


def reason(error: EdgeError, ran: bool) -> str:
    """The key of the words for why a device was lost. ran: whether it ran before."""
    found = _OF.get(error.key, "why_failed")
    return "why_unplugged" if found == "why_not_there" and ran else found
