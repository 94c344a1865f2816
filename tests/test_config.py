"""site.toml: what is accepted, and what is said about the rest."""

import pytest

from edge.config import Site, read_site, rules
from edge.errors import ConfigError


@pytest.fixture
def write(tmp_path):
    def write(text):
        path = tmp_path / "site.toml"
        path.write_text(text)
        return path

    return write


def test_a_full_file(write, tmp_path, tiny_bundle):
    site = read_site(
        write(
            """
            bundle = "bundles/line3"
            source = "/data/recordings"
            threads = 2
            backend = "onnxrt"
            faces = "centre"
            asr = "models/whisper-tiny"
            [site_prior]
            neutral = 0.5
            angry = 0.1
            happy = 0.1
            sad = 0.1
            worried = 0.1
            surprise = 0.1
            [voting]
            dwell_s = 2
            """
        )
    )
    assert site.bundle == tmp_path / "bundles" / "line3"
    assert str(site.source) == "/data/recordings"
    assert site.threads == 2
    assert site.backend == "onnxrt"
    assert site.faces == "centre"
    assert site.asr == tmp_path / "models" / "whisper-tiny"
    held = rules(site, tiny_bundle.manifest)
    assert held.site_prior == (0.5, 0.1, 0.1, 0.1, 0.1, 0.1)
    assert held.settings.dwell_s == 2.0
    assert held.settings.kappa == tiny_bundle.manifest.voting.kappa


def test_a_review_queue_and_the_consent_for_its_media(write, tmp_path):
    text = "[review]\nfolder = 'queue'\ndays = 7\n[review.consent]\nwho = ['山田']\ndate = 2026-11-20\n"
    review = read_site(write(text + "scope = ['face']")).review
    assert (review.folder, review.days) == (tmp_path / "queue", 7)
    assert (review.consent.who, review.consent.date.isoformat()) == (("山田",), "2026-11-20")
    assert review.consent.scope == ("face",)
    assert read_site(write("[review]\nfolder = 'queue'")).review.consent is None
    for wrong, message in (
        (text + "scope = ['name']", "must be one of 'face', 'sound' (got 'name')"),
        (text + "scope = []", "review.consent.scope"),
        (text.replace("['山田']", "[]") + "scope = ['face']", "review.consent.who"),
        (text.replace("date = 2026-11-20", "") + "scope = ['face']", "review.consent.date"),
        ("[review]\nfolder = 'queue'\nday = 7", "unknown review setting 'day'; did you mean 'days'?"),
    ):
        with pytest.raises(ConfigError) as error:
            read_site(write(wrong))
        assert message in str(error.value)


def test_an_empty_file_changes_nothing(write, tiny_bundle):
    site = read_site(write(""))
    assert site.model_copy(update={"record": Site().record}) == Site()
    assert site.record.folder.name == "recordings"  # beside the file
    held = rules(site, tiny_bundle.manifest)
    assert held.settings == tiny_bundle.manifest.voting
    assert held.site_prior == tiny_bundle.manifest.site_prior


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bundel = 'x'", "unknown setting 'bundel'; did you mean 'bundle'?"),
        (
            "xyzzy = 1",
            "unknown setting 'xyzzy'; known: bundle, source, microphone, camera, checks_a_day, ",
        ),
        ("[voting]\ndwell = 1", "unknown voting setting 'dwell'; did you mean 'dwell_s'?"),
        ("threads = 0", "threads must be at least 1 (got 0)"),
        (
            "backend = 'tpu'",
            "backend must be one of 'auto', 'tensorrt', 'onnxrt', 'openvino' (got 'tpu')",
        ),
        ("threads = ", "is not valid TOML"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(write, text, message):
    with pytest.raises(ConfigError) as error:
        read_site(write(text))
    assert message in str(error.value)
    assert "site.toml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_site(tmp_path / "site.toml")


@pytest.mark.parametrize(
    ("site", "message"),
    [
        (Site(site_prior={"hapy": 1.0}), "unknown label in site_prior 'hapy'; did you mean 'happy'?"),
        (Site(site_prior={"happy": 1.0}), "site_prior lacks neutral, angry, sad"),
        (
            Site(site_prior=dict.fromkeys(["neutral", "angry", "happy", "sad", "worried", "surprise"], 0.5)),
            "site_prior sums to 3.000",
        ),
        (Site(voting={"kappa": 2.0}), "voting: kappa must be at most 1.0 (got 2.0)"),
    ],
)
def test_wishes_the_bundle_cannot_meet(tiny_bundle, site, message):
    with pytest.raises(ConfigError) as error:
        rules(site, tiny_bundle.manifest)
    assert message in str(error.value)


SINKS = """
[log]
folder = "log"
format = "csv"
[mqtt]
host = "broker.plant"
topic = "plant/line3"
client_id = "line3"
username = "line3"
password_file = "/etc/edge/mqtt.password"
tls = "ca.pem"
[prometheus]
port = 9464
"""


def test_the_sinks(write, tmp_path):
    site = read_site(write(SINKS))
    assert site.log.folder == tmp_path / "log"
    assert (site.log.format, site.log.file_mb, site.log.quota_mb) == ("csv", 50, 1000)
    assert site.mqtt.tls == tmp_path / "ca.pem"
    assert str(site.mqtt.password_file) == "/etc/edge/mqtt.password"
    assert site.prometheus.port == 9464
    assert read_site(write(SINKS.replace('"ca.pem"', "true"))).mqtt.tls is True


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("format =", "fromat =", "unknown log setting 'fromat'; did you mean 'format'?"),
        ("password_file =", "password =", "unknown mqtt setting 'password'; did you mean 'password_file'?"),
        ("port =", "prot =", "unknown prometheus setting 'prot'; did you mean 'port'?"),
        ('folder = "log"', "", "log.folder is missing"),
        ('"csv"', '"xml"', "log.format must be one of 'jsonl', 'csv' (got 'xml')"),
        ('"csv"', '"csv"\nquota_mb = 60', "quota_mb must hold two files; give it at least twice file_mb"),
        ('"plant/line3"', '"plant/#"', "mqtt.topic must be a topic without + and #"),
        ('"broker.plant"', '"mqtt://broker"', "mqtt.host must be a name or an address"),
        ('username = "line3"', "", "password_file needs a username"),
        ("9464", "70000", "prometheus.port must be at most 65535 (got 70000)"),
    ],
)
def test_a_bad_sink_is_refused_in_one_line(write, old, new, message):
    path = write(SINKS.replace(old, new))
    with pytest.raises(ConfigError) as error:
        read_site(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("threads = 100000", "threads must be at most 64 (got 100000)"),
        ("threads = true", "threads must be a number"),
        ("threads = '2'", "threads must be a number"),
        ("threads = nan", "threads must be a number (got nan)"),
        (f"threads = {'9' * 5000}", "is not valid TOML"),
        (f"threads = 0x{'f' * 5000}", "threads must be"),
        ("checks_a_day = 1_000_000_000", "checks_a_day must be at most 100000"),
        (
            "[alarm]\nthreshold = 0.5\ncost_response = 1",
            "alarm cost_response needs a cost_miss; add one",
        ),
        ("[alarm]\nthreshold = 0.5\ncost_miss = 0\ncost_response = 0", "must not both be 0"),
        ("[alarm]\nthreshold = 0.5\ncost_miss = -1", "alarm.cost_miss must be at least 0"),
        ("[review]\nfolder = 'q'\ndays = 4000000", "review.days must be at most 3650 (got 4000000)"),
        ("[log]\nfolder = 'l'\nfile_mb = 10000000000", "log.file_mb must be at most 100000"),
        ('[log]\nfolder = "l\\u0000"', "log.folder must be a path the system can take"),
        (f"bundle = '{'x' * 300}'", "bundle must be a path the system can take"),
        (f"source = '{'x/' * 3000}'", "source must be a path the system can take"),
        ('microphone = "USB\\u001b[2J"', "microphone must be one line without control characters"),
        (f"microphone = '{'x' * 1000}'", "microphone must have at most 256 characters"),
        ('"\\u001b[2J\\n" = 1', "unknown setting '[2J'"),
        ('[site_prior]\n"a\\nb" = 2', "site_prior.a b must be at most 1.0 (got 2)"),
        ("[site_prior]\nneutral = inf", "site_prior.neutral must be"),
        ("[site_prior]\nneutral = nan", "site_prior.neutral must be"),
        ("a = " + "[" * 100_000, "nested too deeply"),
        ("a = " + "[" * 100 + "]" * 100, "nested too deeply"),
        ("threads = 1\nthreads = 2", "is not valid TOML"),
        ("display = 3", "display must be a table (got 3)"),
    ],
)
def test_no_number_is_without_bounds(write, text, message):
    with pytest.raises(ConfigError) as error:
        read_site(write(text))
    for said in (str(error.value), error.value.told("ja")):
        assert said.isprintable()
        assert len(said) < 600
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("voting", "message"),
    [
        ({"tau_s": 1e9}, "voting: tau_s must be at most 86400.0"),
        ({"tau_s": 1e-300}, "voting: tau_s must be at least 0.1"),
        ({"dwell_s": float("nan")}, "voting: dwell_s must be"),
        ({"margin": True}, "voting: margin must be a number"),
        ({"kappa": 0.0}, "voting: kappa must be above 0.0"),
    ],
)
def test_voting_has_bounds_too(tiny_bundle, voting, message):
    with pytest.raises(ConfigError) as error:
        rules(Site(voting=voting), tiny_bundle.manifest)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("window_s = 12.0", "window_s was replaced by tau_s"),
        ("half_life_s = 12.0", "half_life_s was replaced by tau_s: write tau_s = 1.44 x half_life_s"),
        ("eta = 0.3", "eta was replaced by kappa, and [site_prior] acts as stated"),
        ("ratio_max = 5.0", "ratio_max was replaced by kappa"),
    ],
)
def test_settings_of_the_vote_before_are_refused_with_what_stands_for_them(write, old, new):
    with pytest.raises(ConfigError) as error:
        read_site(write(f"[voting]\n{old}\n"))
    assert new in str(error.value)
    assert "site.toml" in str(error.value)
    assert "\n" not in error.value.told("ja")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
def test_what_notepad_writes_is_read(tmp_path, encoding):
    path = tmp_path / "site.toml"
    path.write_bytes("threads = 2\r\nmicrophone = 'マイク'\r\n".encode(encoding))
    assert (read_site(path).threads, read_site(path).microphone) == (2, "マイク")


@pytest.mark.parametrize("encoding", ["cp932", "utf-16"])
def test_another_encoding_is_named(tmp_path, encoding):
    path = tmp_path / "site.toml"
    path.write_bytes("threads = 2\nmicrophone = 'マイク'\n".encode(encoding))
    with pytest.raises(ConfigError, match=r"line \d is not UTF-8; save it as UTF-8"):
        read_site(path)


def test_it_is_told_in_japanese(write):
    with pytest.raises(ConfigError) as error:
        read_site(write("threads = 100000"))
    assert error.value.told("ja").endswith(
        "設定値が正しくありません（threads：64 以下の値が必要です（指定値 100000））"
    )
