from chatbot_tui.ui.cursor import Cursor
from chatbot_tui.ui.frame_store import FRESH, LOOKED_AT, Frames, FrameStore, Packed
from tests.ui.frames import make_frame, make_weighing


def test_packed_frames_are_equal_to_what_they_were() -> None:
    store = FrameStore(fresh=2)
    frames = [make_frame(step) for step in range(10)]
    for frame in frames:
        store.append(1, [frame])
    assert list(store.frames(1)) == frames
    assert store.index_of(1, 0) == 0
    assert store.index_of(1, 9) == 9


def test_packed_frames_share_the_candidates_they_were_chosen_among() -> None:
    weighing = make_weighing("fine " * 10_000)
    frames = Frames(make_frame(step, weighing=weighing) for step in range(4))
    plain = Frames(make_frame(step) for step in range(4))
    frames.pack(4)
    plain.pack(4)
    assert all(frame.weighing is weighing for frame in frames)
    assert list(frames) == [make_frame(step, weighing=weighing) for step in range(4)]
    assert packed_bytes(frames) == packed_bytes(plain)


def test_all_but_the_newest_are_packed_whatever_turn_they_belong_to() -> None:
    store = FrameStore(fresh=3)
    for turn in (1, 3, 5):
        for step in range(2):
            store.append(turn, [make_frame(step)])
    # Six frames, of which the newest three stay: both of turn 5 and the last of turn 3.
    assert [fresh_frames(store, turn) for turn in (1, 3, 5)] == [0, 1, 2]


def test_a_reply_that_was_recalled_is_packed_little_by_little() -> None:
    store = FrameStore(fresh=1)
    store.replace(1, [make_frame(step) for step in range(9)])
    assert fresh_frames(store, 1) == 9
    store.append(3, [make_frame(0)])
    store.append(3, [make_frame(1)])
    # Two for each that came: 9 - 2 - 2.
    assert fresh_frames(store, 1) == 5


def test_the_tail_of_a_long_reply_remembers_which_of_its_frames_are_packed() -> None:
    store = FrameStore(limit=8, fresh=4)
    for step in range(9):
        store.append(1, [make_frame(step)])
    # The ninth frame leaves the newest 8 * 3 // 4 = 6, steps 3 to 8, of which 3 and 4 are packed.
    assert [frame.step for frame in store.frames(1)] == [3, 4, 5, 6, 7, 8]
    assert fresh_frames(store, 1) == 4


def test_a_cursor_sees_the_past_though_it_was_packed_meanwhile() -> None:
    store = FrameStore(fresh=1)
    store.append(1, [make_frame(step) for step in range(4)])
    cursor = Cursor(store.frames(1), 2, live=False)
    store.append(3, [make_frame(step) for step in range(4)])
    assert cursor.frame == make_frame(2)
    assert [frame.step for frame in cursor.history[-2:]] == [1, 2]


def test_a_slice_unpacks_nothing() -> None:
    frames = Frames(make_frame(step) for step in range(4))
    frames.pack(4)
    assert all(isinstance(frame, Packed) for frame in frames[:3]._frames)


def test_more_frames_stay_fresh_than_are_unpacked_to_draw_the_past_of_one() -> None:
    assert LOOKED_AT < FRESH


def packed_bytes(frames: Frames) -> int:
    return sum(len(frame.data) for frame in frames._frames if isinstance(frame, Packed))


def fresh_frames(store: FrameStore, turn: int) -> int:
    frames = store.frames(turn)
    assert isinstance(frames, Frames)
    return frames.fresh
