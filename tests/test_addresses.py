"""An address says what kind of camera it is; USB cameras are found by names that stay."""

import pytest

from edge.errors import ConfigError, InputError
from edge.sources.devices import addresses
from edge.sources.devices.addresses import check_address, find_usb, shown, usb_cameras


@pytest.fixture
def plugged(tmp_path, monkeypatch):
    """A machine with two USB cameras, the metadata of one, and a CSI sensor; call it to add a card."""
    system, links, devices = tmp_path / "class", tmp_path / "v4l", tmp_path / "dev"
    for folder in (system, links / "by-id", links / "by-path", devices):
        folder.mkdir(parents=True)
    monkeypatch.setattr(addresses, "_SYSTEM", system)
    monkeypatch.setattr(addresses, "_LINKS", links)

    def plug(number, name, index=0, bus="usb1", link=None):
        card = system / f"video{number}"
        (tmp_path / "buses" / bus / str(number)).mkdir(parents=True)
        card.mkdir()
        (card / "name").write_text(f"{name}\n")
        (card / "index").write_text(f"{index}\n")
        (card / "device").symlink_to(tmp_path / "buses" / bus / str(number))
        (devices / f"video{number}").touch()
        if link:
            (links / link).symlink_to(devices / f"video{number}")

    plug(0, "HD Pro Webcam C920", link="by-id/usb-046d_C920-video-index0")
    plug(1, "HD Pro Webcam C920", index=1)
    plug(2, "vi-output, imx219 9-0010", bus="tegra")
    plug(3, "USB Camera: Front", link="by-path/usb-0:2-video-index0")
    return plug


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("C920", "usb"),
        ("/dev/v4l/by-id/usb-046d_C920-video-index0", "usb"),
        ("http://10.0.0.5/video", "http"),
        ("https://cam:secret@10.0.0.5:8443/video", "http"),
        ("rtsp://10.0.0.5:554/stream1", "rtsp"),
        ("csi://0", "csi"),
    ],
)
def test_the_form_says_the_kind(address, kind):
    assert check_address(address) == kind


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "0",
        "/dev/video0",
        "ftp://x/y",
        "http://",
        "http://host:port/",
        "csi://",
        "csi://left",
        "a/b.mp4",
    ],
)
def test_any_other_form_is_refused_in_one_line(address):
    with pytest.raises(ConfigError, match=r"csi://0") as caught:
        check_address(address)
    assert "\n" not in str(caught.value)


def test_a_password_is_never_shown():
    assert shown("rtsp://me:p@ss@10.0.0.5/a@b") == "rtsp://10.0.0.5/a@b"
    with pytest.raises(ConfigError) as caught:
        check_address("http://me:secret@host:port/")
    assert "secret" not in str(caught.value)


def test_usb_cameras_are_listed_by_stable_names(plugged):
    found = [(camera.name, camera.path.name) for camera in usb_cameras()]
    assert found == [
        ("HD Pro Webcam C920", "usb-046d_C920-video-index0"),
        ("USB Camera: Front", "usb-0:2-video-index0"),
    ]


def test_part_of_a_name_finds_the_camera_wherever_it_is_plugged_in(plugged):
    assert find_usb("front").name == "usb-0:2-video-index0"
    plugged(7, "Logi Brio")  # without a link
    assert str(find_usb("brio")) == "/dev/video7"


def test_a_camera_that_is_not_there_or_not_alone_is_an_error_that_says_so(plugged, tmp_path):
    with pytest.raises(InputError, match=r"no camera is called 'Brio' \(plugged in: 'HD Pro Webcam C920', "):
        find_usb("Brio")
    plugged(5, "HD Pro Webcam C920", link="by-id/usb-046d_other-video-index0")
    with pytest.raises(InputError, match=r"2 cameras are called 'C920': give .*046d_C920.* or .*046d_other"):
        find_usb("C920")
    with pytest.raises(InputError) as several:
        find_usb("C920")
    assert " または " in several.value.told("ja")
    with pytest.raises(InputError, match="plug the camera in"):
        find_usb(str(tmp_path / "nothing"))


def test_the_default_is_the_first_one_as_soon_as_there_is_one(plugged, tmp_path, monkeypatch):
    assert check_address("default") == "usb"
    assert find_usb("default").name == "usb-046d_C920-video-index0"
    monkeypatch.setattr(addresses, "_SYSTEM", tmp_path / "none")
    with pytest.raises(InputError, match="no USB camera yet"):
        find_usb("default")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (
            "rtsp://10.0.0.5/user=admin&password=tlJwpbo6&channel=1",
            "rtsp://10.0.0.5/user=***&password=***&channel=1",
        ),
        ("rtsp://10.0.0.5/user=admin_password=tlJwpbo6_channel=1", "rtsp://10.0.0.5/user=***"),
        (
            "http://10.0.0.5/v.cgi?loginuse=me&loginpas=s3&x=1",
            "http://10.0.0.5/v.cgi?loginuse=***&loginpas=***&x=1",
        ),
        ("http://h/mjpg?x=1&TOKEN=a/b@c", "http://h/mjpg?x=1&TOKEN=***"),
        ("https://h/a?api_key=1&pwd=2;usr=3", "https://h/a?api_key=***&pwd=***;usr=***"),
        ("rtsp://me:pa/ss@10.0.0.5/live", "rtsp://10.0.0.5/live"),
        ("rtsp://me:pa?ss@10.0.0.5:554/live", "rtsp://10.0.0.5:554/live"),
        ("rtsp://10.0.0.5:554/a@b?width=640", "rtsp://10.0.0.5:554/a@b?width=640"),
        ("rtsp://[fe80::1]:554/a@b", "rtsp://[fe80::1]:554/a@b"),
        ("me:secret@10.0.0.5/live", "10.0.0.5/live"),
        ("rtsp:/me:secret@10.0.0.5/live", "rtsp:/10.0.0.5/live"),
        ("C920 @ desk", "C920 @ desk"),
        ("csi://0", "csi://0"),
    ],
)
def test_no_user_password_or_key_is_shown(address, told):
    assert shown(address) == told


@pytest.mark.parametrize(
    "address", ["me:secret@10.0.0.5/live", "rtsp:/me:secret@h/x", "ftp://h/?pass=secret", "5"]
)
def test_an_address_of_no_known_form_is_refused_without_its_password(address):
    with pytest.raises(ConfigError) as refused:
        check_address(address)
    assert "secret" not in str(refused.value)
