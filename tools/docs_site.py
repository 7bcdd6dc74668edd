"""What mkdocs needs to show docs/ as it is in the repository: headings named as there, and
links that lead to files outside docs/."""

import pathlib
import re

from mkdocs.structure.files import File

ROOT = pathlib.Path(__file__).resolve().parent.parent
LINK = re.compile(r"(!?\[[^\]]*\])\(((?:\.\./)+)([^)\s#]*)(#[^)\s]*)?\)")


def slug(text, separator):
    """A heading's name: lower case, blanks as "-", without punctuation."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", separator)


def target(page, ups, rest):
    """The path in the repository that a link of a page means, if it is outside docs/."""
    where = (pathlib.Path("docs") / page).parent
    for _ in range(ups.count("../")):
        if where == pathlib.Path("."):
            return None
        where = where.parent
    path = where / rest
    return None if path.parts and path.parts[0] == "docs" else path


def on_config(config):
    config["mdx_configs"].setdefault("toc", {})["slugify"] = slug
    return config


def on_files(files, config):
    files.remove(files.get_file_from_path("BUILD.bazel"))
    wanted, seen = list(files.documentation_pages()), set()
    while wanted:
        page = wanted.pop()
        if page.abs_src_path.startswith(config["docs_dir"]):
            for _, ups, rest, _ in LINK.findall(pathlib.Path(page.abs_src_path).read_text()):
                path = target(page.src_path, ups, rest)
                if path and path not in seen and (ROOT / path).is_file():
                    seen.add(path)
                    file = File(str(path), str(ROOT), config["site_dir"], config["use_directory_urls"])
                    if file.dest_path == "index.html":  # the README; docs/index.md is the first page
                        file.name, file.dest_path, file.url = "README", "README.html", "README.html"
                        file.abs_dest_path = str(pathlib.Path(config["site_dir"]) / file.dest_path)
                    files.append(file)
    return files


def on_page_markdown(markdown, page, config, files):
    """Files outside are found beside docs/'s pages; folders, and what a page from outside links to, are not shown."""
    outside = not page.file.abs_src_path.startswith(config["docs_dir"])

    def moved(link):
        text, ups, rest, anchor = link.groups()
        path = target(page.file.src_path, ups, rest)
        if path is None:
            return link.group(0)
        if not (ROOT / path).is_file():
            return text[1:-1]
        return f"{text}({'../' * page.file.src_path.count('/')}{path}{anchor or ''})"

    if outside:
        return re.sub(r"(!?)\[([^\]]*)\]\((?![a-z]+:)[^)\s]*\)", r"\2", markdown)
    return LINK.sub(moved, markdown)
