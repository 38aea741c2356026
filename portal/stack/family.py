"""The processes of one stack: started, waited for, watched, and stopped in reverse order.

Nothing outlives the supervisor. Three things see to it: `stop` on the way out, the guard process
(guard.py) when the supervisor was killed, and the kernel's parent-death signal when the guard was
killed as well.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from portal.stack import guard
from portal.stack.errors import StackError, StopRequested

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)
PAUSE_SECONDS = 0.02
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Part:
    """One process to start, and how to end it.

    ``patience`` is how many seconds it may take after ``stop_signal`` before it is killed.
    ``orphan_signal`` is what it gets when the supervisor is gone: the quick way out, since nobody
    waits for it any more. A part that is not ``lasting`` does one thing and ends. ``run_as`` is
    a user and a group id, for root only.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGTERM
    patience: float = 5.0
    descriptors: tuple[int, ...] = ()
    lasting: bool = True
    run_as: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A part that was started."""

    part: Part
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def ended(self) -> bool:
        """Whether it has ended; reaps it, so that no zombie keeps its process id."""
        return self.process.poll() is not None

    def fate(self) -> str:
        """How it ended: 'exit status 1' or 'signal 9'."""
        status = self.process.returncode
        return f"signal {-status}" if status < 0 else f"exit status {status}"


class Family:
    """All processes of one command. Leaving the `with` block stops what still runs.

    ``keep`` are descriptors that the guard inherits: the lock, which then outlives a killed
    supervisor until everything it left is gone.
    """

    def __init__(self, logs: Path, *, keep: tuple[int, ...] = ()) -> None:
        self.logs = logs
        self._keep = keep
        self._members: list[Member] = []
        self._stop_requests = 0
        self._stop_signal = 0
        self._guard: subprocess.Popen[bytes]
        self._handlers: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        """Start the guard, and take Ctrl-C, SIGTERM and SIGHUP as a wish to stop."""
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", str(Path(guard.__file__))],
            stdin=subprocess.PIPE,
            pass_fds=self._keep,
            start_new_session=True,
        )
        for number in STOP_SIGNALS:
            self._handlers[number] = signal.signal(number, self._on_stop_signal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop what runs, then the guard, and give the signals back."""
        self.stop()
        if self._guard.stdin is not None:
            self._guard.stdin.close()
        self._guard.wait()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def start(self, part: Part) -> Member:
        """Start a part in a process group of its own; its output goes to `NAME.log`.

        Always from the main thread: the parent-death signal is bound to the thread that forks.
        """
        log = self.logs / f"{part.name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        supervisor = os.getpid()
        with log.open("wb") as output:
            process = subprocess.Popen(
                part.command,
                env=dict(part.environment),
                cwd=part.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=part.descriptors,
                start_new_session=True,
                user=part.run_as[0] if part.run_as else None,
                group=part.run_as[1] if part.run_as else None,
                extra_groups=[] if part.run_as else None,
                preexec_fn=lambda: _die_with(supervisor, part.orphan_signal),
            )
        member = Member(part, process, log)
        self._members.append(member)
        self._tell_guard(f"+{process.pid} {int(part.orphan_signal)}\n")
        return member

    def run(self, part: Part, *, seconds: float, what: str) -> Path:
        """Run a part to its end and return its log; StackError when it fails or takes longer."""
        member = self.start(part)
        self.wait_for_end(member, seconds=seconds, what=what)
        return member.log

    def wait_for_end(self, member: Member, *, seconds: float, what: str) -> None:
        """Wait for a part that does one thing and ends, and forget it.

        Raises StackError when it fails or takes longer than that, StopRequested on Ctrl-C.
        """
        deadline = time.monotonic() + seconds
        while not member.ended:
            self._pause()
            if time.monotonic() > deadline:
                raise StackError(f"{what} took more than {seconds:.0f} s.", log=member.log)
        self._forget(member)
        if member.process.returncode:
            raise StackError(f"{what} failed ({member.fate()}).", log=member.log)

    def wait_until(self, member: Member, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until a part answers.

        Raises StackError when any part ends meanwhile or it takes longer than that, StopRequested
        on Ctrl-C.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            self.check()
            self._pause()
            if time.monotonic() > deadline:
                raise StackError(
                    f"{member.part.name} did not answer within {seconds:.0f} s.", log=member.log
                )

    def check(self) -> None:
        """Raise StackError when a lasting part has ended."""
        for member in self._members:
            if member.part.lasting and member.ended:
                raise StackError(
                    f"{member.part.name} ended by itself ({member.fate()}).", log=member.log
                )

    def watch(self) -> None:
        """Stay until Ctrl-C (StopRequested) or until a part ends by itself (StackError)."""
        while True:
            self.check()
            self._pause(0.2)

    def attend(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path | None = None
    ) -> int:
        """Run a command at the person's terminal and return its exit status.

        It is in our own process group, so it may read from the terminal, and Ctrl-C reaches it
        without us; the other wishes to stop are passed on.
        """
        supervisor = os.getpid()
        process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            preexec_fn=lambda: _die_with(supervisor, signal.SIGTERM),
        )
        passed_on = False
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                status = process.wait(timeout=0.2)
                # As a shell says it: 143 for a command that SIGTERM ended.
                return status if status >= 0 else 128 - status
            if self._stop_signal in (signal.SIGTERM, signal.SIGHUP) and not passed_on:
                process.send_signal(signal.SIGTERM)
                passed_on = True

    def stop(self) -> None:
        """Stop every part, the last one started first; kill the one that does not go in time.

        A second Ctrl-C meanwhile kills the rest at once.
        """
        before = self._stop_requests
        for member in reversed(list(self._members)):
            hurry = self._stop_requests > max(before, 1)
            if not member.ended and not hurry:
                member.process.send_signal(member.part.stop_signal)
                deadline = time.monotonic() + member.part.patience
                while not member.ended and time.monotonic() < deadline:
                    time.sleep(PAUSE_SECONDS)
                    if self._stop_requests > max(before, 1):
                        break
            self._forget(member)

    def end(self, member: Member) -> None:
        """Stop one part now, before the others."""
        if not member.ended:
            member.process.send_signal(member.part.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                member.process.wait(member.part.patience)
        self._forget(member)

    def _forget(self, member: Member) -> None:
        """Kill what is left of a part's group, reap it, take it off the list."""
        guard.send(member.process.pid, signal.SIGKILL)
        member.process.wait()
        self._members.remove(member)
        self._tell_guard(f"-{member.process.pid}\n")

    def _tell_guard(self, line: str) -> None:
        if self._guard.stdin is None:
            return
        try:
            self._guard.stdin.write(line.encode())
            self._guard.stdin.flush()
        except BrokenPipeError:
            # Somebody killed the guard; the parent-death signal still stands.
            return

    def _on_stop_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop_requests += 1
        self._stop_signal = number

    def _pause(self, seconds: float = PAUSE_SECONDS) -> None:
        if self._stop_requests:
            raise StopRequested
        time.sleep(seconds)
        if self._stop_requests:
            raise StopRequested


def last_lines(log: Path, count: int = 15) -> list[str]:
    """The last lines of a log, for the person who has to find out."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.splitlines()[-count:]


def _die_with(supervisor: int, number: signal.Signals) -> None:
    """In the child, before it becomes the part: ask the kernel for a signal when we die."""
    if sys.platform == "linux":
        LIBC.prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != supervisor:
            os._exit(1)
