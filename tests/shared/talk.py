"""Ranks that are threads of one process: a communicator for each, as `emulator.support.ranks` wants it."""

import threading

import numpy as np


class Talk:
    """A communicator for each of some threads."""

    def __init__(self, size):
        self.size, self.given = size, [None] * size
        self.barrier = threading.Barrier(size)

    def rank(self, rank):
        talk = self

        class Communicator:
            def Get_rank(self):  # noqa: N802
                return rank

            def Get_size(self):  # noqa: N802
                return talk.size

            def Barrier(self):  # noqa: N802
                talk.barrier.wait()

            def Allgather(self, sent, received):  # noqa: N802
                self.Allgatherv(sent, (received, None))

            def Allgatherv(self, sent, received):  # noqa: N802
                talk.given[rank] = sent.copy()
                talk.barrier.wait()
                received[0][:] = np.concatenate(talk.given)
                talk.barrier.wait()

        return Communicator()


def on_ranks(size, work):
    """`work(communicator)` on each of `size` ranks; what they return, by rank."""
    talk, results, errors = Talk(size), [None] * size, []

    def one(rank):
        try:
            results[rank] = work(talk.rank(rank))
        except BaseException as error:
            errors.append(error)
            talk.barrier.abort()

    threads = [threading.Thread(target=one, args=(rank,)) for rank in range(size)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results
