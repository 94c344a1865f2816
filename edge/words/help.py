"""What `edge --help` says of each verb: a part of the table in edge/words.

The first line is the summary in the list of verbs; a block that begins with \\b is shown as it stands.
"""

from __future__ import annotations

HELP: dict[str, tuple[str, str]] = {
    "help_edge": (
        "Emotion reading on the edge: INT8 bundles made on a workstation, read on the device.",
        "エッジ装置での感情推定：ワークステーションで INT8 バンドルを作成し、装置で推定します。",
    ),
    "help_demo": (
        "Read the clip of the package by the starter bundle.\n\n\b\nExample: edge demo",
        "付属のデモ映像をスターターバンドルで推定します。\n\n\b\n例：edge demo",
    ),
    "help_run": (
        "Read emotions from microphone and camera, or from a recording.\n\n"
        "There is one reading a second. Devices are shown on a panel: in a window where there is a screen, "
        "else on the terminal. A recording is shown as lines, with --realtime in the window; what goes into "
        "a file or a pipe is lines as well.\n\n"
        "\b\nExample: edge run --camera http://10.0.0.7/mjpg --jsonl shift.jsonl\n"
        "A recording: edge run --source shift.mp4 --jsonl shift.jsonl",
        "マイクとカメラ、または録画から感情を推定します。\n\n"
        "推定は毎秒 1 回です。マイクとカメラの推定結果は、画面があればウィンドウのパネルに、なければ端末に"
        "表示します。録画の推定結果は 1 行ずつ出力し、--realtime を付けるとウィンドウに表示します。"
        "ファイルやパイプへの出力も 1 行ずつです。\n\n"
        "\b\n例：edge run --camera http://10.0.0.7/mjpg --jsonl shift.jsonl\n"
        "録画：edge run --source shift.mp4 --jsonl shift.jsonl",
    ),
    "help_replay": (
        "Watch a past run on the panel.\n\n"
        "\b\nExample: edge replay shift.jsonl --source shift.mp4\n"
        "Without a screen: edge replay shift.jsonl --save panel.png --at 12",
        "過去の推定結果をパネルで再生します。\n\n"
        "\b\n例：edge replay shift.jsonl --source shift.mp4\n"
        "画面がない場合：edge replay shift.jsonl --save panel.png --at 12",
    ),
    "help_relabel": (
        "Label a finished recording anew, with known shares.\n\n"
        "Only for a recording as long and as usual as the shares: a day of a line whose balance was counted, "
        "not a minute. The probabilities stay as they were read; edge replay shows the result.\n\n"
        "\b\nExample: edge relabel shift.jsonl --config site.toml --out relabelled.jsonl",
        "録画全体のラベルを、既知の割合に合わせて付け直します。\n\n"
        "割合を数えた期間と同程度に長い、通常の録画（ラインの 1 日分など）に使用します。"
        "数分の録画には適しません。"
        "確率は元のままです。結果は edge replay で確認できます。\n\n"
        "\b\n例：edge relabel shift.jsonl --config site.toml --out relabelled.jsonl",
    ),
    "help_bench": (
        "Measure the time, memory and start-up of a bundle.\n\n"
        "INT8 stands beside FP32. With --sustained: whether the machine keeps its pace.\n\n"
        "\b\nExample: edge bench bundles/line3 --compare --out bench.json",
        "バンドルの処理時間、メモリー、起動時間を測定します。\n\n"
        "INT8 と FP32 を並べて示します。--sustained では、連続実行で性能が保たれるかを測定します。\n\n"
        "\b\n例：edge bench bundles/line3 --compare --out bench.json",
    ),
    "help_build": (
        "Compile a bundle with TensorRT for this machine.\n\n"
        "Done ahead, `edge run` need not do it at its start.\n\n"
        "\b\nExample: edge build bundles/line3",
        "この装置用にバンドルを TensorRT でコンパイルします。\n\n"
        "事前に実行しておくと、edge run の起動時のコンパイルが不要になります。\n\n"
        "\b\n例：edge build bundles/line3",
    ),
    "help_doctor": (
        "Check this machine, its devices and a bundle.\n\n"
        "It says what to do about each thing that is bad. "
        "Microphone and camera are opened for some seconds; what a site switched off is not looked at.\n\n"
        "\b\nExample: edge doctor bundles/line3\n"
        "As a site has it: edge doctor --config site.toml\n"
        "To send to somebody: edge doctor --record doctor.json",
        "この装置、接続機器、バンドルを点検し、対処方法を示します。\n\n"
        "マイクとカメラを数秒間使用します。設定で off にした機器は点検しません。\n\n"
        "\b\n例：edge doctor bundles/line3\n"
        "現場の設定で点検：edge doctor --config site.toml\n"
        "調査を依頼するとき：edge doctor --record doctor.json",
    ),
    "help_evaluate": (
        "Score a bundle on a labelled folder.\n\n"
        "A speaker's voice is known as after a minute at a workplace: from other clips of theirs, "
        "mostly of the first label. How well sound is read after 0, 10, 30 and 60 s is told as well.\n\n"
        "\b\nExample: edge evaluate bundles/line3 recordings --json fused.json\n"
        "Sound alone: edge evaluate bundles/line3 recordings --modality audio\n"
        "Beside machines: edge evaluate bundles/line3 recordings --noise machines\n"
        "Without the camera: edge evaluate bundles/line3 recordings --drop vision\n"
        "What voting is worth: edge evaluate bundles/line3 recordings --streams\n"
        "False alarms: edge evaluate bundles/line3 recordings --report kpi.html",
        "ラベル付きフォルダーでバンドルの精度を評価します。\n\n"
        "話者の声の特徴は、現場で 1 分間聞いた後と同じように、その話者の別の音声（先頭のラベルが中心）から"
        "求めます。0、10、30、60 秒聞いた後の精度も表示します。\n\n"
        "\b\n例：edge evaluate bundles/line3 recordings --json fused.json\n"
        "音声のみ：edge evaluate bundles/line3 recordings --modality audio\n"
        "騒音下：edge evaluate bundles/line3 recordings --noise machines\n"
        "カメラなし：edge evaluate bundles/line3 recordings --drop vision\n"
        "投票の効果：edge evaluate bundles/line3 recordings --streams\n"
        "検出率と誤報：edge evaluate bundles/line3 recordings --report kpi.html",
    ),
    "help_export": (
        "Train, quantize and pack a bundle on the workstation.\n\n"
        "\b\nExample: edge export recipes/starter.toml --data corpora --out bundles/starter",
        "ワークステーションで学習・量子化し、バンドルを作成します。\n\n"
        "\b\n例：edge export recipes/starter.toml --data corpora --out bundles/starter",
    ),
    "help_teach": (
        "Ask the recipe's teachers about every clip ahead.\n\n"
        "edge export then finds the answers.\n\n"
        "\b\nExample: edge teach recipes/paper.toml --data corpora --out bundles/paper\n"
        "On two GPUs, the same words after:\n"
        "  accelerate launch --multi_gpu --num_processes 2 -m edge.cli teach",
        "edge export の前に、教師モデルの出力をすべて計算しておきます。\n\n"
        "計算した出力は edge export が使用します。\n\n"
        "\b\n例：edge teach recipes/paper.toml --data corpora --out bundles/paper\n"
        "GPU 2 基の場合は、次の後に同じ引数を付けます：\n"
        "  accelerate launch --multi_gpu --num_processes 2 -m edge.cli teach",
    ),
    "help_pseudo": (
        "Label unlabelled recordings in rounds, audited by people.\n\n"
        "A guess becomes a label under a signed policy, behind a gate, and after people listened to some.\n\n"
        "\b\nExample: edge pseudo my.toml --data corpora --policy pseudo.toml \\\n"
        "    --unlabelled shift --out corpora/guessed\n"
        "What a policy is worth: edge pseudo my.toml --data corpora \\\n"
        "    --policy pseudo.toml --out trial --trial 0.1",
        "ラベルのない録音に、人の監査を経て疑似ラベルを付けます。\n\n"
        "推定をラベルとして採用するのは、署名済みのポリシーと性能の基準を満たし、"
        "人が一部を聴いて確認した場合だけです。\n\n"
        "\b\n例：edge pseudo my.toml --data corpora --policy pseudo.toml \\\n"
        "    --unlabelled shift --out corpora/guessed\n"
        "ポリシーの効果：edge pseudo my.toml --data corpora \\\n"
        "    --policy pseudo.toml --out trial --trial 0.1",
    ),
    "help_fusion_trial": (
        "Compare the audio-guided fusion with other ways to fuse.\n\n"
        "It is put on trial on real pairs of voice and face.\n\n"
        "\b\nExample: edge fusion-trial --data corpora --out trial",
        "音声主導の統合方式を、他の統合方式と比較します。\n\n"
        "実際の声と顔の組で試験します。\n\n"
        "\b\n例：edge fusion-trial --data corpora --out trial",
    ),
    "help_review": (
        "Judge the readings that need a check.\n\n"
        "Verdicts give KPIs and labelled clips for training.\n\n"
        "\b\nExample: edge review list /var/lib/edge/review",
        "要確認の推定を人が判定します（KPI と学習に使用）。\n\n\b\n例：edge review list /var/lib/edge/review",
    ),
    "help_review_list": (
        "List the checks that wait for a verdict.\n\n"
        "\b\nExample: edge review list /var/lib/edge/review --all",
        "判定待ちの確認を一覧表示します。\n\n\b\n例：edge review list /var/lib/edge/review --all",
    ),
    "help_review_show": (
        "Show one check: its numbers, face, sound and verdicts.\n\n"
        "\b\nExample: edge review show /var/lib/edge/review 12",
        "1 件の確認について、数値、顔、音声、判定を表示します。\n\n"
        "\b\n例：edge review show /var/lib/edge/review 12",
    ),
    "help_review_judge": (
        "Give a verdict on a check.\n\n"
        "A second one by the same person replaces the first, one by another stands beside it.\n\n"
        "\b\nExample: edge review judge /var/lib/edge/review 12 worried --by Tanaka",
        "確認に判定を付けます。\n\n"
        "同じ人がもう一度判定すると前の判定を置き換え、別の人の判定は併記します。\n\n"
        "\b\n例：edge review judge /var/lib/edge/review 12 不安 --by 田中",
    ),
    "help_review_undo": (
        "Take a verdict back.\n\n\b\nExample: edge review undo /var/lib/edge/review 12 --by Tanaka",
        "判定を取り消します。\n\n\b\n例：edge review undo /var/lib/edge/review 12 --by 田中",
    ),
    "help_review_kpi": (
        "Show how often people agree with the readings.\n\n"
        "Negative emotions found and missed, false alarms, agreement of people.\n\n"
        "\b\nExample: edge review kpi /var/lib/edge/review",
        "推定と人の判定の一致率を表示します。\n\n"
        "否定感情の検出と見逃し、誤報、判定者間の一致を示します。\n\n"
        "\b\n例：edge review kpi /var/lib/edge/review",
    ),
    "help_review_export": (
        "Write verdicts and KPIs to files, and media kept with consent.\n\n"
        "These are verdicts.csv, kpi.csv and labelled folders for training.\n\n"
        "\b\nExample: edge review export /var/lib/edge/review --out verdicts\n\n"
        "Then name verdicts/sound and verdicts/faces under corpora in a recipe.",
        "判定と KPI、同意のある映像・音声をファイルに書き出します。\n\n"
        "verdicts.csv、kpi.csv と、学習用のラベル付きフォルダーを作成します。\n\n"
        "\b\n例：edge review export /var/lib/edge/review --out verdicts\n\n"
        "学習に使うには、レシピの corpora に verdicts/sound と verdicts/faces を指定します。",
    ),
    "help_review_withdraw": (
        "Note that a person withdrew consent; delete media kept under it.\n\n"
        "They are deleted at once, and no more are kept. A run that is on obeys at its next check. It keeps "
        "media again once [review.consent] bears a later date.\n\n"
        '\b\nExample: edge review withdraw /var/lib/edge/review --who "Yamada Taro"',
        "同意の撤回を記録し、その映像・音声を削除します。\n\n"
        "削除は直ちに行い、以後は保存しません。実行中の edge run は次の確認から従います。"
        "[review.consent] の日付を新しくすると、再び保存します。\n\n"
        '\b\n例：edge review withdraw /var/lib/edge/review --who "山田 太郎"',
    ),
}
