"""What is wrong with recordings and corpora to learn from: a part of the table in edge/words."""

from __future__ import annotations

CORPORA: dict[str, tuple[str, str]] = {
    # Recordings.
    "no_sound": (
        "{path} holds no sound; replace it or take it off metadata.csv",
        "{path} に音声がありません。差し替えるか、metadata.csv から削除してください",
    ),
    "no_media": (
        "{path} holds neither sound nor picture; replace it or take it off metadata.csv",
        "{path} に音声も映像もありません。差し替えるか、metadata.csv から削除してください",
    ),
    "left_out": ("left out: {why}", "除外：{why}"),
    "left_out_file": ("left out: {file}: {why}", "除外：{file}：{why}"),
    "clip_long": (
        "{path} lasts more than {most:.0f} s; cut it into utterances of at most that",
        "{path} は {most:.0f} 秒を超えています。1 発話 {most:.0f} 秒以下に分割してください",
    ),
    "noise_none": (
        "{folder} holds no sound file; put recordings of the site's noise there",
        "{folder} に音声ファイルがありません。現場の騒音の録音を入れてください",
    ),
    "noise_no_judged": (
        "{folder}: {count} recordings leave none to be judged by; add some",
        "{folder}：録音 {count} 件では評価用が残りません。録音を追加してください",
    ),
    "noise_no_trained": (
        "{folder}: {count} recordings leave none to be trained on; add some",
        "{folder}：録音 {count} 件では学習用が残りません。録音を追加してください",
    ),
    "noise_unreadable": (
        "{folder}: none of {count} recordings can be read; replace them",
        "{folder}：録音 {count} 件のいずれも読み取れません。差し替えてください",
    ),
    # Corpora.
    "corpus_none": (
        "{data} holds no folder {name}; put the corpus there or take it off the recipe",
        "{data} にフォルダー {name} がありません。コーパスを置くか、レシピから削除してください",
    ),
    "corpus_empty": (
        "{folder} ({split}) gave no usable example; is it the published {name}?",
        "{folder}（{split}）に使用できるデータがありません。公開されている {name} か確認してください",
    ),
    "corpus_lacks": (
        "{folder} holds neither metadata.csv nor {table}; is it the published {name}?",
        "{folder} に metadata.csv も {table} もありません。公開されている {name} か確認してください",
    ),
    "corpus_names": (
        "{path} has no name as {name} gives, such as {form}; remove it",
        "{path} は {name} のファイル名（{form} など）ではありません。取り除いてください",
    ),
    "corpus_sentences": (
        "{folder} needs {table} and labels.txt (or emotions.txt); copy the corpus again",
        "{folder} には {table} と labels.txt（または emotions.txt）が必要です。"
        "コーパスをコピーし直してください",
    ),
    "corpus_rows": (
        "{where}: '{said}' are no rows of {names}; mend this row",
        "{where}：「{said}」は {names} の行番号ではありません。この行を修正してください",
    ),
    "corpus_in_both": (
        "the speaker '{name}' is named under dev and under test; keep one of them",
        "話者「{name}」が dev と test の両方にあります。どちらか一方にしてください",
    ),
    "corpus_nobody": (
        "no '{name}', named under {kind}, is in {where}; nearest is '{near}'",
        "{kind} に指定された「{name}」は {where} にいません。最も近い名前は「{near}」です",
    ),
    "corpus_role": (
        "{where}: no speaker is left for {role}; name speakers under dev and test",
        "{where}：{role} に割り当てる話者が残っていません。dev と test に話者を指定してください",
    ),
    "corpus_no_speakers": (
        "{folder}: {count} of {of} rows do not say who speaks, so the same people would be trained on and "
        "judged on; fill the column speaker, or name speakers of another corpus under dev and test",
        "{folder}：{of} 行中 {count} 行に話者の記載がなく、同じ人が学習と評価の両方に入ります。列 speaker を"
        "記入するか、dev と test に別のコーパスの話者を指定してください",
    ),
    "corpus_unknown_trained": (
        "{folder}: {count} of {of} rows do not say who speaks; all are trained on, so none of these people "
        "may be judged on",
        "{folder}：{of} 行中 {count} 行に話者の記載がありません。すべて学習に使うため、"
        "その人を評価に含めないでください",
    ),
    "corpus_sessions": (
        "{folder}: {count} of {of} clips are left out of {role}: their session is judged on",
        "{folder}：{of} 件中 {count} 件を {role} から除外します。同じセッションを評価に使うためです",
    ),
    "corpus_all_sessions": (
        "{folder}: no clip is left for {role}, for dev or test holds their session ({session} ...); "
        "keep people who were recorded together in one role, or name the sessions apart",
        "{folder}：セッション（{session} など）が dev または test にもあるため、"
        "{role} に残るデータがありません。"
        "一緒に録音した人は同じ役割にまとめるか、セッション名を分けてください",
    ),
    # Faces.
    "face_pixels": (
        "{where}: {found} pixels, not {wanted}; copy the file again",
        "{where}：画素数が {wanted} ではなく {found} です。ファイルをコピーし直してください",
    ),
    "face_unreadable": (
        "{path} is not a readable picture; replace or remove it",
        "{path} を画像として読み取れません。差し替えるか、取り除いてください",
    ),
    "face_outside": (
        "{path} is too small to hold a face at row {row}, column {column}; copy it again",
        "{path} には {row} 行 {column} 列の顔がありません（画像が小さすぎます）。コピーし直してください",
    ),
    "films_no_face": (
        "{folder}: none of {count} recordings shows a face; name another corpus under [vision]",
        "{folder}：{count} 件の録画のいずれにも顔が映っていません。[vision] に別のコーパスを指定してください",
    ),
    "say_drawn_faces": (
        "vision: no recording shows a face; network and calibration stay those of {start}, and the fusion "
        "leaves faces aside",
        "映像：顔の映る録画がないため、モデルと校正は {start} のものを使います。統合は顔を使いません",
    ),
    "say_faceless": (
        "{folder}: {count} of {of} recordings show no face and are left out: {names}",
        "{folder}：録画 {of} 件中 {count} 件は顔が映っていないため除外しました：{names}",
    ),
    # Pairs of voice and face.
    "pairs_need": (
        "{path} does not exist; the trial of fusion needs ravdess and ravdess_au",
        "{path} がありません。統合方式の試験には ravdess と ravdess_au が必要です",
    ),
    "pairs_packed": (
        "{path} does not hold clip, actor and action_units ({why}); copy it again",
        "{path} に clip、actor、action_units がありません（{why}）。コピーし直してください",
    ),
    "pairs_no_face": (
        "{where}: {path} holds no clip {take}, the face of {name}; correct one of the two",
        "{where}：{name} に対応する顔 {take} が {path} にありません。どちらかを修正してください",
    ),
    "pairs_emotion": (
        "{where}: unknown emotion '{said}'; use {known}",
        "{where}：感情「{said}」は使用できません。{known} のいずれかにしてください",
    ),
    "pairs_mixed": (
        "{where}: {speaker} is actor {actor} in {path}, but an earlier line has {before} there; people must "
        "not be mixed up, for folds are by actor: correct one of the two",
        "{where}：{speaker} は {path} では actor {actor} ですが、前の行では {before} です。交差検証は人ごとに"
        "分けるため、人を混同できません。どちらかを修正してください",
    ),
    "pairs_actor": ("actor {number}", "actor {number} 番"),
    "pairs_nothing": (
        "{table} names no clip that can be read; see the lines above",
        "{table} に読み取れるデータがありません。上の行を確認してください",
    ),
    # Recordings without labels, and the audit of guesses.
    "unlabelled_none": (
        "{folder} holds no recording ({kinds}); put utterances there, a file each",
        "{folder} に録音（{kinds}）がありません。1 発話 1 ファイルで入れてください",
    ),
    "unlabelled_teacher": (
        "pseudo-labels need a teacher whose features they rest on; name one under [audio]",
        "疑似ラベルには特徴量の基になる教師モデルが必要です。[audio] に指定してください",
    ),
    "unlabelled_left": (
        "no recording is left for pseudo-labels (unusable: {unusable}, of people judged on: {judged}, "
        "labelled already: {known}, the same sound twice: {twice}); give others with --unlabelled",
        "疑似ラベルを付ける録音が残っていません（使用不可 {unusable}、評価対象の人 {judged}、"
        "ラベル付き {known}、同じ音声の重複 {twice}）。--unlabelled で別の録音を指定してください",
    ),
    "unlabelled_dev": (
        "the dev speakers show no clip that is {missing}: a round cannot be judged; name more speakers under "
        "dev",
        "dev の話者に {missing} のデータがなく、評価できません。dev に話者を追加してください",
    ),
    "audit_other": (
        "{path} is about other clips than this round's; move it away and run this again for a new one",
        "{path} はこのラウンドの対象と一致しません。別の場所に移してから、もう一度実行してください",
    ),
    "audit_verdict": (
        "{where}: verdict '{said}'; write yes, no, or what it is: {known}",
        "{where}：判定「{said}」は使用できません。はい、いいえ、または正しい感情（{known}）を"
        "記入してください",
    ),
    # Whom a bundle learned from.
    "start_knows": (
        "{name}.start: {folder} was trained on {count} of the {of} people of {role} ({person}); "
        "what they score would flatter: name others under {role}, leave start out, or rename whoever only "
        "bears the same name",
        "{name}.start：{folder} は {role} の {of} 人のうち {count} 人（{person}）で学習済みです。"
        "数値が実際より良く見えます。{role} に別の人を指定するか、start を削除してください"
        "（同名の別人であれば名前を変更してください）",
    ),
    "start_tuned": (
        "{name}.start: the confidence of {folder} was fitted on {count} test people ({person}): a comparison "
        "with it flatters it",
        "{name}.start：{folder} の確信度は評価対象の {count} 人（{person}）で調整されています。"
        "比較ではこのバンドルが有利になります",
    ),
    "start_unsaid": (
        "{name}.start: {folder} does not say whom it learned from; see that no person of dev and test is "
        "among them",
        "{name}.start：{folder} は学習に使った人を記録していません。dev と test の人が"
        "含まれないことを確認してください",
    ),
}
