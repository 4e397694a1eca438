package io.ropewalk.nbd;

import io.ropewalk.block.IoRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one link that wait for their answer. A cookie is the index of a slot in its low half and a count of
 * the slot's uses in its high half, so that finding one needs no map and a late answer finds nothing. Grows as needed;
 * how much is in flight is for those who submit to bound. Lives on its link's loop.
 */
final class NbdClientPending {
    private static final int INITIAL_SLOTS = 64;

    private @Nullable NbdClientSlot[] slots = new NbdClientSlot[INITIAL_SLOTS];
    private int made;
    private int occupied;
    private @Nullable NbdClientSlot free;

    NbdClientSlot acquire(IoRequest request, NbdDeviceChannel owner) {
        NbdClientSlot slot = free;
        if (slot == null) {
            slot = make();
        } else {
            free = slot.next;
            slot.next = null;
        }
        slot.occupy(request, owner);
        occupied++;
        return slot;
    }

    /** The request that was sent with {@code cookie} and waits for its answer; null when there is none. */
    @Nullable NbdClientSlot find(long cookie) {
        int index = (int) cookie;
        if (index < 0 || index >= made) {
            return null;
        }
        NbdClientSlot slot = slots[index];
        return slot != null && slot.cookie == cookie && slot.isOccupied() && slot.sent ? slot : null;
    }

    /** Gives back a slot, with what has come for it. */
    void release(NbdClientSlot slot) {
        slot.vacate();
        slot.next = free;
        free = slot;
        occupied--;
    }

    boolean isEmpty() {
        return occupied == 0;
    }

    /** The occupied slots that satisfy {@code condition}. */
    List<NbdClientSlot> occupied(Predicate<NbdClientSlot> condition) {
        List<NbdClientSlot> found = new ArrayList<>();
        for (int i = 0; i < made; i++) {
            NbdClientSlot slot = slots[i];
            if (slot != null && slot.isOccupied() && condition.test(slot)) {
                found.add(slot);
            }
        }
        return found;
    }

    private NbdClientSlot make() {
        if (made == slots.length) {
            slots = Arrays.copyOf(slots, made * 2);
        }
        NbdClientSlot slot = new NbdClientSlot(made);
        slots[made++] = slot;
        return slot;
    }
}
