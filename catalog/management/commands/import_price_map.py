"""`manage.py import_price_map`: compare the catalog with a LiteLLM price map, and apply it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog import services
from catalog.lines import lines_of, words
from catalog.models import Preview
from catalog.pricemap import MOST_BYTES
from portal.common.errors import DomainError


class Command(BaseCommand):
    """Without --apply nothing changes: the comparison and its digest are printed."""

    help = "Compare the catalog with a LiteLLM price map; --apply DIGEST applies what was printed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the file, the digest to apply, and what to propose."""
        parser.add_argument("file", type=Path, help="model_prices_and_context_window.json")
        parser.add_argument("--apply", metavar="DIGEST", default="", help="the digest printed")
        parser.add_argument(
            "--propose", metavar="NAME", action="append", default=[],
            help="also propose this model of the file; may be given again",
        )  # fmt: skip
        parser.add_argument(
            "--propose-all", action="store_true", help="propose every chat model of the file"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Compare, print, and apply when asked to."""
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError as problem:
            raise CommandError(f"{path}: {problem.strerror}") from problem
        try:
            found = services.preview_price_map(actor=None, filename=path.name, data=data)
            self._print(found)
            if not options["apply"]:
                self.stdout.write(f"Nothing was changed. To apply this: --apply {found.digest}")
                return
            propose = [services.EVERYTHING] if options["propose_all"] else options["propose"]
            report = services.apply_preview(
                actor=None, preview=found, digest=options["apply"], propose=propose
            )
        except DomainError as problem:
            raise CommandError(problem.message) from problem
        self.stdout.write(
            f"Applied: {len(report.added)} new, {len(report.prices)} prices,"
            f" {len(report.updated)} facts."
        )

    def _print(self, found: Preview) -> None:
        lines = lines_of(found.plan)
        self.stdout.write(f"{found.read} models in {found.filename} ({found.file_digest})")
        for price in lines.prices:
            before = words(price.before) if price.before else "no price"
            self.stdout.write(
                f"price  {price.alias}: {before} -> {words(price.after)} ({price.change})"
            )
        for fact in lines.facts:
            self.stdout.write(f"fact   {fact.alias} {fact.label}: {fact.before} -> {fact.after}")
        for one in lines.differences:
            self.stdout.write(
                f"stays  {one.alias} {one.label}: {one.before}, the file says {one.after}"
                f" ({one.why})"
            )
        for group in lines.skipped:
            more = f" and {group.more} more" if group.more else ""
            self.stdout.write(f"skip   {group.count}: {group.reason}: {group.names}{more}")
        self.stdout.write(
            f"{found.plan['others']} further chat models that no alias of yours stands for."
        )
