"""Files of event recordings: N-MNIST's .bin, AEDAT 2 to 4, Prophesee's EVT and DAT, SHD's HDF5, .npz.

AEDAT 4, EVT and DAT are read by faery (extra `data`); AEDAT 2 and 3.1 and .bin are a table of words each.
"""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bicall.emulator.data import arrays
from bicall.emulator.data.recordings import Events, Recordings, checked
from bicall.emulator.data.samples import Found
from bicall.emulator.support.errors import BadInput
from bicall.emulator.support.extras import require

EVENT_BYTES = 5  # of .bin: column, row, then a bit of polarity and 23 bits of microseconds
AEDAT2_HEAD, AEDAT3_HEAD, AEDAT4_HEAD = b"#!AER-DAT2", b"#!AER-DAT3", b"#!AER-DAT4"
PACKET = np.dtype([(name, "<i2" if name in ("type", "source") else "<i4") for name in
                   ("type", "source", "size", "offset", "overflow", "capacity", "number", "valid")])  # fmt: skip
POLARITY = 1  # the packet type of AEDAT 3.1
WORD = {b"2.0": 4, b"2.1": 8, b"3.0": 2}  # bytes of a word of EVT


def read(path: Path) -> Events:
    """One recording, by the ending of its file's name.

    Raises:
        BadInput: no such file, wrong magic, truncated, or a coordinate or time that cannot be.
    """
    try:
        return READERS[path.suffix.lower()](path)
    except OSError as error:
        raise BadInput(f"data {path}: {error.strerror or 'cannot be read'}") from None


def _bin(path: Path) -> Events:
    content = np.fromfile(path, np.uint8)
    if len(content) % EVENT_BYTES:
        raise BadInput(f"data {path}: is truncated, has {len(content)} bytes, must be a multiple of {EVENT_BYTES}")
    words = content.reshape(-1, EVENT_BYTES).astype(np.int64)
    time = (words[:, 2] & 0x7F) << 16 | words[:, 3] << 8 | words[:, 4]
    return checked(f"data {path}", words[:, 0], words[:, 1], time, words[:, 2] >> 7)


def _aedat(path: Path) -> Events:
    with open(path, "rb") as file:
        head = file.read(len(AEDAT2_HEAD))
    if head == AEDAT2_HEAD:
        return _aedat2(path)
    if head == AEDAT3_HEAD:
        return _aedat3(path)
    if head == AEDAT4_HEAD:
        _check_aedat4(path)
        return _by_faery(path)
    raise BadInput(f"data {path}: begins with {head!r}, must be #!AER-DAT2, 3 or 4")


def _body(path: Path) -> tuple[list[bytes], bytes]:
    """The lines of an AEDAT file's head, which begin with #, and what follows."""
    content, place, lines = path.read_bytes(), 0, []
    while content[place : place + 1] == b"#":
        end = content.find(b"\n", place)
        if end < 0:
            raise BadInput(f"data {path}: is truncated within its head")
        lines.append(content[place:end].strip())
        place = end + 1
        if lines[-1] == b"#!END-HEADER":
            break
    return lines, content[place:]


def _aedat2(path: Path) -> Events:
    """Pairs of big-endian words, address and microseconds; addresses as jAER lays them out for DVS128 or DAVIS."""
    lines, body = _body(path)
    if len(body) % 8:
        raise BadInput(f"data {path}: is truncated, has {len(body)} bytes of events, must be a multiple of 8")
    words = np.frombuffer(body, ">u4").reshape(-1, 2)
    address, time = words[:, 0].astype(np.int64), words[:, 1].astype(np.int64)
    if any(b"davis" in line.lower() for line in lines):
        kept = (address >> 31 == 0) & (address >> 10 & 1 == 0)  # neither of the frame sensor nor from outside
        address, time = address[kept], time[kept]
        return checked(f"data {path}", address >> 12 & 0x3FF, address >> 22 & 0x1FF, time, address >> 11 & 1)
    kept = address >> 15 & 1 == 0  # from outside
    address, time = address[kept], time[kept]
    return checked(f"data {path}", 127 - (address >> 1 & 0x7F), address >> 8 & 0x7F, time, 1 - (address & 1))


def _aedat3(path: Path) -> Events:
    """Packets; of those with polarity events, the valid ones."""
    _, body = _body(path)
    data, time, place = [], [], 0
    while place < len(body):
        if len(body) - place < PACKET.itemsize:
            raise BadInput(f"data {path}: is truncated within the head of a packet")
        packet = np.frombuffer(body, PACKET, 1, place)[0]
        place += PACKET.itemsize
        if packet["size"] < 1 or packet["number"] < 0:
            raise BadInput(f"data {path}: a packet has {packet['number']} events of {packet['size']} bytes")
        length = int(packet["number"]) * int(packet["size"])
        if len(body) - place < length:
            raise BadInput(f"data {path}: is truncated within a packet of {packet['number']} events")
        if packet["type"] == POLARITY:
            if packet["size"] != 8:
                raise BadInput(f"data {path}: a polarity event has {packet['size']} bytes, must be 8")
            words = np.frombuffer(body, "<u4", 2 * int(packet["number"]), place).reshape(-1, 2).astype(np.int64)
            words = words[words[:, 0] & 1 == 1]
            data.append(words[:, 0])
            time.append(words[:, 1] + (int(packet["overflow"]) << 31))
        place += length
    address = np.concatenate(data or [np.zeros(0, np.int64)])
    return checked(
        f"data {path}", address >> 17, address >> 2 & 0x7FFF,
        np.concatenate(time or [np.zeros(0, np.int64)]), address >> 1 & 1,
    )  # fmt: skip


def _check_aedat4(path: Path) -> None:
    """That its first block is whole: faery panics if not."""
    begin = len("#!AER-DAT4.0\r\n")
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(begin + 4)[begin:], "little")
        if length < 8 or len(file.read(length)) < length:
            raise BadInput(f"data {path}: is truncated or corrupt within its head")


def _raw(path: Path) -> Events:
    with open(path, "rb") as file:
        lines = []
        while file.peek(1)[:1] == b"%":
            lines.append(file.readline(4096))
        length = path.stat().st_size - file.tell()
    version = next((found[1] for line in lines if (found := re.match(rb"% *evt *([0-9.]+)", line))), None)
    if version not in WORD:
        raise BadInput(f"data {path}: has no line `% evt` of version 2.0, 2.1 or 3.0 at its beginning")
    if length % WORD[version]:
        raise BadInput(
            f"data {path}: is truncated, has {length} bytes of events, must be a multiple of {WORD[version]}"
        )
    return _by_faery(path)


def _by_faery(path: Path) -> Events:
    require("faery")
    import faery

    if not path.exists():
        raise BadInput(f"data {path}: No such file or directory")
    try:
        events = faery.events_stream_from_file(path).to_array()
    except (KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as error:  # a panic in Rust is no Exception
        raise BadInput(f"data {path}: is truncated or corrupt ({error})") from None
    return checked(f"data {path}", events["x"], events["y"], events["t"].astype(np.int64), events["on"])


def read_hdf5(path: Path) -> Found:
    """Recordings as SHD and SSC have them: `spikes/times` (s), `spikes/units`, `labels` and, if there, `extra/keys`.

    A unit is a column of a picture of one row; all events are of one polarity.

    Raises:
        BadInput: no such file, another layout, or damaged.
    """
    require("h5py")
    import h5py

    try:
        with h5py.File(path) as file:
            for name in ("spikes/times", "spikes/units", "labels"):
                if name not in file:
                    raise BadInput(f"data {path}: dataset {name} is missing")
            times, units, labels = file["spikes/times"][:], file["spikes/units"][:], file["labels"][:]
            keys = (
                [name.decode() if isinstance(name, bytes) else str(name) for name in file["extra/keys"][:]]
                if "extra/keys" in file
                else []
            )
    except OSError as error:
        reason = error.strerror or "is truncated or corrupt, must be a whole HDF5 file"
        raise BadInput(f"data {path}: {reason}") from None
    if not len(times) == len(units) == len(labels):
        raise BadInput(
            f"data {path}: has {len(times)} times, {len(units)} units and {len(labels)} labels, must be as many"
        )
    recordings = []
    for k in range(len(labels)):
        if np.ndim(times[k]) != 1 or np.ndim(units[k]) != 1:
            raise BadInput(f"data {path}: recording {k}: times and units must be lists of numbers, one an event")
        seconds = np.asarray(times[k], np.float64)
        if not np.all(np.isfinite(seconds)):
            bad = int(np.flatnonzero(~np.isfinite(seconds))[0])
            raise BadInput(f"data {path}: recording {k}, event {bad}: time is {seconds[bad]}, must be finite")
        ones = np.ones(len(seconds), np.uint8)
        recordings.append(checked(f"data {path}: recording {k}", units[k], 0 * ones, np.rint(1e6 * seconds), ones))
    labels = np.asarray(labels)
    if labels.dtype.kind not in "iu" or (len(labels) and labels.min() < 0):
        raise BadInput(f"data {path}: labels must be whole numbers from 0")
    classes = tuple(keys) or tuple(str(n) for n in range(int(labels.max(initial=-1)) + 1))
    if len(labels) and labels.max() >= len(classes):
        raise BadInput(f"data {path}: label {labels.max()} has no name, extra/keys has {len(classes)}")
    return Found("events", {"all": (Recordings.of(recordings), labels.astype(np.int64))}, classes)


READERS: dict[str, Callable[[Path], Events]] = {
    ".bin": _bin,
    ".aedat": _aedat,
    ".aedat2": _aedat,
    ".aedat4": _aedat,
    ".raw": _raw,
    ".dat": _by_faery,
    ".npz": arrays.read_recording,
}
