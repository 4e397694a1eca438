package io.ropewalk.inventory;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Keeps the desired state as long as the test lasts; fails or hangs when told to. */
final class MemoryStore implements InventoryStore {
    volatile DesiredState state = DesiredState.EMPTY;
    volatile boolean failing;
    /** What is saved is there, and yet the save fails: as when a commit's answer is lost on its way. */
    volatile boolean losingAnswers;

    volatile @Nullable CountDownLatch gate;
    volatile boolean waiting;
    volatile int saves;
    final List<AuditEntry> audit = new CopyOnWriteArrayList<>();
    volatile Runnable saved = () -> {};

    @Override
    public DesiredState load() {
        return state;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // written by one thread at a time
    public void save(DesiredState before, DesiredState after, @Nullable AuditEntry entry) throws StoreException {
        awaitGate();
        if (failing) {
            throw new StoreException("The disk is full", new IOException());
        }
        if (!before.equals(state)) {
            throw new IllegalStateException("the ledger lost track of what is stored");
        }
        saves++;
        if (entry != null) {
            audit.add(entry);
        }
        state = after;
        saved.run();
        if (losingAnswers) {
            throw new StoreException("The connection broke", new IOException());
        }
    }

    private void awaitGate() {
        CountDownLatch closed = gate;
        if (closed == null) {
            return;
        }
        waiting = true;
        try {
            closed.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
