package io.ropewalk.file;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;

/**
 * An io_uring(7): reads and writes are put into a queue that the kernel shares, given to it many at a time, and come
 * back through another one. One thread, and no waiting: {@link #fd} is readable while something has come back.
 */
final class Ring {
    private static final int PARAMETER_BYTES = 120;
    private static final int SQE_BYTES = 64;
    private static final int CQE_BYTES = 16;

    private static final int SETUP_CLAMP = 1 << 4;
    /** Completions are run when the thread enters the kernel anyway, not by an interrupt. */
    private static final int SETUP_COOP_TASKRUN = 1 << 8;

    private static final int FEATURE_SINGLE_MMAP = 1;
    private static final int FEATURE_NODROP = 1 << 1;
    /** Linux 5.7: READ and WRITE are known as well. */
    private static final int FEATURE_FAST_POLL = 1 << 5;

    private static final int FEATURES = FEATURE_SINGLE_MMAP | FEATURE_NODROP | FEATURE_FAST_POLL;

    private static final long OFFSET_OF_RINGS = 0;
    private static final long OFFSET_OF_SQES = 0x10000000L;

    private static final byte OP_READ = 22;
    private static final byte OP_WRITE = 23;

    private static final VarHandle COUNTER = JAVA_INT.varHandle();

    private final int fd;
    private final MemorySegment rings;
    private final MemorySegment sqes;
    private final int entries;
    private final int completions;
    private final long submittedTail;
    private final long submittedIndexes;
    private final long completedHead;
    private final long completedTail;
    private final long completedFirst;
    private int pending;
    private boolean closed;

    /** Hears of what has come back. */
    interface Listener {
        /**
         * A read or write is done.
         *
         * @param result the bytes moved, or the negated errno
         */
        void onDone(int id, int result);
    }

    private Ring(int fd, MemorySegment parameters, MemorySegment rings, MemorySegment sqes) {
        this.fd = fd;
        this.rings = rings;
        this.sqes = sqes;
        this.entries = parameters.get(JAVA_INT, 0);
        this.completions = parameters.get(JAVA_INT, 4);
        this.submittedTail = parameters.get(JAVA_INT, 44);
        this.submittedIndexes = parameters.get(JAVA_INT, 64);
        this.completedHead = parameters.get(JAVA_INT, 80);
        this.completedTail = parameters.get(JAVA_INT, 84);
        this.completedFirst = parameters.get(JAVA_INT, 100);
    }

    /**
     * Makes a ring with room for {@code entries} submissions, a power of two.
     *
     * @throws RingException where the kernel is too old, or the system does not allow it (seccomp, io_uring_disabled)
     */
    static Ring open(int entries) throws RingException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment parameters = arena.allocate(PARAMETER_BYTES, 8);
            int fd = setUp(entries, parameters);
            if ((parameters.get(JAVA_INT, 20) & FEATURES) != FEATURES) {
                Libc.close(fd);
                throw new RingException("the kernel is too old");
            }
            return map(fd, parameters);
        }
    }

    private static int setUp(int entries, MemorySegment parameters) throws RingException {
        parameters.set(JAVA_INT, 8, SETUP_CLAMP | SETUP_COOP_TASKRUN);
        int fd = Libc.ioUringSetup(entries, parameters.address());
        if (fd == -Errno.EINVAL) {
            parameters.fill((byte) 0);
            parameters.set(JAVA_INT, 8, SETUP_CLAMP);
            fd = Libc.ioUringSetup(entries, parameters.address());
        }
        if (fd < 0) {
            throw new RingException(Errno.text(-fd));
        }
        return fd;
    }

    private static Ring map(int fd, MemorySegment parameters) throws RingException {
        long entries = parameters.get(JAVA_INT, 0);
        long submissionBytes = parameters.get(JAVA_INT, 64) + entries * Integer.BYTES;
        long completionBytes = parameters.get(JAVA_INT, 100) + (long) parameters.get(JAVA_INT, 4) * CQE_BYTES;
        long ringBytes = Math.max(submissionBytes, completionBytes);
        long rings = Libc.mapShared(fd, ringBytes, OFFSET_OF_RINGS);
        long sqes = Libc.mapShared(fd, entries * SQE_BYTES, OFFSET_OF_SQES);
        if (rings < 0 || sqes < 0) {
            unmap(rings, ringBytes);
            unmap(sqes, entries * SQE_BYTES);
            Libc.close(fd);
            throw new RingException(Errno.text((int) -Math.min(rings, sqes)));
        }
        return new Ring(
                fd,
                parameters,
                MemorySegment.ofAddress(rings).reinterpret(ringBytes),
                MemorySegment.ofAddress(sqes).reinterpret(entries * SQE_BYTES));
    }

    private static void unmap(long address, long bytes) {
        if (address > 0) {
            Libc.unmap(address, bytes);
        }
    }

    /** What to watch: readable while something has come back. */
    int fd() {
        return fd;
    }

    /** How much may be on its way at once. */
    int capacity() {
        return Math.min(entries, completions);
    }

    /** Whether something waits for {@link #submit}. */
    boolean isPending() {
        return pending > 0;
    }

    /** Queues a read or write of {@code length} bytes at {@code address}; at most {@link #capacity} on their way. */
    void add(boolean write, int file, long address, int length, long offset, int id) {
        int tail = rings.get(JAVA_INT, submittedTail);
        int index = tail & entries - 1;
        long sqe = (long) index * SQE_BYTES;
        sqes.asSlice(sqe, SQE_BYTES).fill((byte) 0);
        sqes.set(JAVA_BYTE, sqe, write ? OP_WRITE : OP_READ);
        sqes.set(JAVA_INT, sqe + 4, file);
        sqes.set(JAVA_LONG, sqe + 8, offset);
        sqes.set(JAVA_LONG, sqe + 16, address);
        sqes.set(JAVA_INT, sqe + 24, length);
        sqes.set(JAVA_LONG, sqe + 32, id);
        rings.set(JAVA_INT, submittedIndexes + (long) index * Integer.BYTES, index);
        COUNTER.setRelease(rings, submittedTail, tail + 1);
        pending++;
    }

    /** Gives what is queued to the kernel, as far as it takes it; {@link #isPending} tells whether something is left. */
    void submit() {
        while (pending > 0) {
            int taken = Libc.ioUringEnter(fd, pending);
            if (taken == -Errno.EINTR) {
                continue;
            }
            if (taken <= 0) {
                return;
            }
            pending -= taken;
        }
    }

    /** Tells {@code listener} of all that has come back. */
    void reap(Listener listener) {
        int head = rings.get(JAVA_INT, completedHead);
        while (!closed && head != (int) COUNTER.getAcquire(rings, completedTail)) {
            long cqe = completedFirst + (long) (head & completions - 1) * CQE_BYTES;
            int id = (int) rings.get(JAVA_LONG, cqe);
            int result = rings.get(JAVA_INT, cqe + 8);
            head++;
            // Before it is told: whoever hears may reap again.
            COUNTER.setRelease(rings, completedHead, head);
            listener.onDone(id, result);
            head = closed ? head : rings.get(JAVA_INT, completedHead);
        }
    }

    /** Gives all back; nothing may be on its way. */
    void close() {
        if (!closed) {
            closed = true;
            Libc.unmap(rings.address(), rings.byteSize());
            Libc.unmap(sqes.address(), sqes.byteSize());
            Libc.close(fd);
        }
    }

    /** There is no ring to be had; the message is a clause that says why. */
    static final class RingException extends Exception {
        private static final long serialVersionUID = 1;

        RingException(String why) {
            super(why);
        }
    }
}
