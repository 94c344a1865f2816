"""The words of `edge review`: a part of the table in edge/words."""

from __future__ import annotations

REVIEW: dict[str, tuple[str, str]] = {
    "cannot_tell": ("cannot tell", "判断できない"),
    "review_none": ("nothing waits for a verdict", "判定待ちはありません"),
    "review_heading": ("check", "番号"),
    "review_when": ("when", "日時"),
    "review_read": ("read as", "推定"),
    "review_could_be": ("could be", "候補"),
    "review_why": ("why", "理由"),
    "review_kept": ("kept", "保存"),
    "review_verdicts": ("verdicts", "判定"),
    "review_face": ("face", "顔"),
    "review_sound": ("sound", "音声"),
    "review_words": ("said", "発話"),
    "review_numbers": ("numbers only", "数値のみ"),
    "review_source": (
        "{source}, {seconds:.0f} s, bundle {bundle}",
        "{source}、{seconds:.0f} 秒、バンドル {bundle}",
    ),
    "review_because": ("asked because: {reasons}", "確認の理由：{reasons}"),
    "because_ruled_out": ("shown label no longer likely", "表示中のラベルが候補外"),
    "because_several": ("several labels possible", "候補が複数"),
    "because_margin": ("small lead {lead:.2f}", "差が小さい {lead:.2f}"),
    "because_event": ("listed event near its threshold", "通知対象がしきい値付近"),
    "review_voted": ("voted", "投票後"),
    "review_window": ("window", "この区間"),
    "review_lead": ("lead {lead:.2f}, evidence used: {weights}", "差 {lead:.2f}、使用した情報：{weights}"),
    "review_quality": (
        "speech {speech_snr:.0f} dB above noise, face {face_score:.2f}, words {transcript_confidence:.2f}",
        "音声 SN 比 {speech_snr:.0f} dB、顔検出 {face_score:.2f}、認識 {transcript_confidence:.2f}",
    ),
    "review_consent": (
        "consent of {who}, {date}; deleted after {expires}",
        "同意：{who}（{date}）、{expires} を過ぎると削除",
    ),
    "review_without": (
        "no consent for media: no face and no sound is kept",
        "映像・音声の保存への同意なし：顔も音声も保存していません",
    ),
    "review_waits": ("waits for a verdict", "判定待ち"),
    "review_next": (
        "give a verdict: edge review judge {folder} {id} LABEL --by NAME",
        "判定の入力：edge review judge {folder} {id} ラベル --by 氏名",
    ),
    "review_taken": ("check {id}: {label}, by {who}", "確認 {id}：{label}（{who}）"),
    "review_undone": (
        "check {id}: the verdict by {who} is taken back",
        "確認 {id}：{who} の判定を取り消しました",
    ),
    "review_withdrawn": (
        "{who} withdrew consent: media of {count} checks are deleted, none is kept from now on",
        "{who} が同意を撤回：{count} 件の映像・音声を削除しました。以後は保存しません",
    ),
    "review_exported": (
        "{verdicts} verdicts, {faces} faces and {sound} sounds written to {path}",
        "判定 {verdicts} 件、顔 {faces} 件、音声 {sound} 件を {path} に保存しました",
    ),
    "review_copies": (
        "copies of media no longer run out by themselves: delete them by {expires}",
        "書き出した映像・音声は自動では削除されません。{expires} までに削除してください",
    ),
    # edge review kpi.
    "kpi_counts": (
        "{judged} checks judged, {waiting} wait, {cannot_tell} nobody can tell, {disputed} disputed",
        "判定済み {judged}、判定待ち {waiting}、判断できない {cannot_tell}、不一致 {disputed}（件）",
    ),
    "kpi_read": ("{hours:.2f} h read on {days} days", "推定時間 {hours:.2f} 時間（{days} 日）"),
    "kpi_recall": ("angry, sad, worried: found", "怒り・悲しみ・不安の検出率"),
    "kpi_false": ("angry, sad, worried: false", "怒り・悲しみ・不安の誤検出率"),
    "kpi_an_hour": ("false alarms an hour", "誤検出（1 時間あたり）"),
    "kpi_a_day": ("false alarms a day", "誤検出（1 日あたり）"),
    "kpi_agreement": ("read {label}, people agree", "推定「{label}」と判定の一致率"),
    "kpi_kappa": ("{one} and {other}: kappa", "{one} と {other}：κ 係数"),
    "kpi_of": ("of {count}", "{count} 件中"),
    "kpi_doubtful_only": (
        "Only readings that needed a check are judged: these shares hold for the doubtful ones.",
        "要確認の推定だけを判定した値です。確信度の高い推定は含みません。",
    ),
    "unknown": ("unknown", "不明"),
}
