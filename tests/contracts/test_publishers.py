"""What every publisher keeps: readers see whole files, and "live" means live (I17, I18; R45)."""

import os
import threading
from pathlib import Path

import pytest

from muster.adapters.publishers.folder.publisher import FolderPublisher, digest_of
from muster.core.ports.publisher import PublishFailed, PublishReason

PAGE = {
    "index.html": b"<h1>All good</h1>",
    "api/v2/status.json": b'{"status": {}}',
    "history.rss": b"<rss/>",
}


@pytest.fixture
def publisher(tmp_path: Path) -> FolderPublisher:
    return FolderPublisher(tmp_path / "pages")


def seen(publisher: FolderPublisher, slug: str = "main") -> dict[str, bytes]:
    folder = publisher.path_of(slug)
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_exactly_the_given_files_are_the_page(publisher: FolderPublisher) -> None:
    published = publisher.publish("main", PAGE)
    assert seen(publisher) == PAGE
    assert (published.files, published.written, published.digest) == (3, 3, digest_of(PAGE))


def test_what_the_page_no_longer_has_goes_away(publisher: FolderPublisher) -> None:
    publisher.publish("main", PAGE)
    publisher.publish("other", PAGE)
    less = {"index.html": b"new"}
    publisher.publish("main", less)
    assert seen(publisher) == less
    assert not (publisher.path_of("main") / "api").exists()
    assert seen(publisher, "other") == PAGE


def test_what_has_not_changed_is_not_written_again(publisher: FolderPublisher) -> None:
    publisher.publish("main", PAGE)
    before = (publisher.path_of("main") / "index.html").stat().st_ino
    published = publisher.publish("main", {**PAGE, "history.rss": b"<rss>1</rss>"})
    assert published.written == 1
    assert (publisher.path_of("main") / "index.html").stat().st_ino == before


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../b", "", ".", "a\x00b", "a\\b", "a\nb", "/".join("a" * 20)]
)
def test_no_name_leads_out_of_the_folder(publisher: FolderPublisher, name: str) -> None:
    for slug, files in (("main", {name: b"x"}), (name, PAGE)):
        with pytest.raises(PublishFailed) as caught:
            publisher.publish(slug, files)
        assert caught.value.reason is PublishReason.BAD_NAME
    assert not list(publisher.path_of("main").parent.glob("**/*"))


def test_readers_see_the_old_file_or_the_new_one_and_never_half(publisher: FolderPublisher) -> None:
    bodies = [bytes([letter]) * 300_000 for letter in b"ab"]
    publisher.publish("main", {"index.html": bodies[0]})
    path, torn, done = publisher.path_of("main") / "index.html", [], threading.Event()

    def read() -> None:
        while not done.is_set():
            content = path.read_bytes()
            if content not in bodies:
                torn.append(len(content))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(60):
        publisher.publish("main", {"index.html": bodies[turn % 2]})
    done.set()
    reader.join()
    assert torn == []


def test_what_a_killed_writer_left_is_swept_later_and_never_shown(publisher: FolderPublisher) -> None:
    publisher.publish("main", PAGE)
    left = publisher.path_of("main") / ".new-0123"
    left.write_bytes(b"half")
    os.utime(left, (1, 1))
    publisher.publish("main", PAGE)
    assert seen(publisher) == PAGE


def test_a_folder_that_cannot_be_written_is_told_and_the_old_page_stays(tmp_path: Path) -> None:
    (tmp_path / "pages").write_text("a file stands where the folder should")
    with pytest.raises(PublishFailed) as caught:
        FolderPublisher(tmp_path / "pages").publish("main", PAGE)
    assert caught.value.reason in (PublishReason.NOT_WRITABLE, PublishReason.FAILED)


def test_a_link_that_somebody_put_in_the_way_is_replaced_not_followed(
    publisher: FolderPublisher, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"keep")
    publisher.publish("main", {"other.html": b"x"})
    (publisher.path_of("main") / "index.html").symlink_to(secret)
    publisher.publish("main", PAGE)
    assert secret.read_bytes() == b"keep"
    assert seen(publisher) == PAGE


def test_published_files_can_be_read_by_the_web_server(publisher: FolderPublisher) -> None:
    publisher.publish("main", PAGE)
    assert (publisher.path_of("main") / "index.html").stat().st_mode & 0o777 == 0o644
