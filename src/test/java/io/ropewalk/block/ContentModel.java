package io.ropewalk.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.ropewalk.testing.Answer;
import io.ropewalk.testing.Requests;
import io.ropewalk.testing.Requests.Layout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/**
 * What a stretch of a device must hold while random requests run on it: a plain array beside it. Requests in flight
 * never overlap one that changes data (their order would be open), all else may be in flight together.
 */
final class ContentModel {
    private static final int STRETCH_BYTES = 2 << 20;
    private static final int LONGEST_BYTES = 96 << 10;
    private static final int DEPTH = 16;

    private final Geometry geometry;
    private final Capabilities capabilities;
    private final List<Requests> channels;
    private final Random random;
    private final long base;
    private final byte[] content;
    /** Trimmed: may read as anything. */
    private final boolean[] open;

    private final Deque<Running> running = new ArrayDeque<>();

    ContentModel(BlockDevice device, List<Requests> channels, Random random) {
        this.geometry = device.geometry();
        this.capabilities = device.capabilities();
        this.channels = channels;
        this.random = random;
        int length = (int) aligned(Math.min(STRETCH_BYTES, geometry.sizeBytes()));
        this.base = aligned((long) (random.nextDouble() * (geometry.sizeBytes() - length)));
        this.content = new byte[length];
        this.open = new boolean[length];
        Arrays.fill(open, true);
    }

    /** Runs {@code steps} requests and looks at everything once more. */
    void run(int steps) {
        for (int step = 0; step < steps; step++) {
            step();
        }
        settle(0);
        for (int at = 0; at < content.length; at += LONGEST_BYTES) {
            int length = Math.min(LONGEST_BYTES, content.length - at);
            check(at, length, Requests.await(channel().readLater(base + at, length)));
        }
    }

    private void step() {
        int at = (int) aligned(random.nextInt(content.length));
        int longest = Math.min(LONGEST_BYTES, content.length - at);
        int length = (int) Math.max(geometry.minimumBlockSize(), aligned(random.nextInt(longest) + 1));
        IoOp op = chooseOperation();
        waitForOverlapping(at, length, op);
        running.add(new Running(op, at, length, submit(op, at, length)));
        settle(DEPTH);
    }

    private IoOp chooseOperation() {
        int dice = random.nextInt(100);
        if (dice < 45) {
            return IoOp.READ;
        }
        if (dice < 60) {
            List<IoOp> others = List.of(IoOp.FLUSH, IoOp.TRIM, IoOp.WRITE_ZEROES, IoOp.CACHE, IoOp.BLOCK_STATUS);
            IoOp other = others.get(random.nextInt(others.size()));
            return capabilities.has(Capability.valueOf(other.name())) ? other : IoOp.WRITE;
        }
        return IoOp.WRITE;
    }

    private CompletableFuture<Answer> submit(IoOp op, int at, int length) {
        Requests io = channel();
        switch (op) {
            case WRITE -> {
                byte[] bytes = new byte[length];
                random.nextBytes(bytes);
                System.arraycopy(bytes, 0, content, at, length);
                Arrays.fill(open, at, at + length, false);
                Layout[] layouts = Layout.values();
                return io.writeLater(base + at, bytes, fua(), layouts[random.nextInt(layouts.length)]);
            }
            case WRITE_ZEROES -> {
                Arrays.fill(content, at, at + length, (byte) 0);
                Arrays.fill(open, at, at + length, false);
                int hole = random.nextBoolean() ? IoFlags.NO_HOLE : IoFlags.NONE;
                return io.askLater(op, base + at, length, fua() | hole);
            }
            case TRIM -> {
                Arrays.fill(open, at, at + length, true);
                return io.askLater(op, base + at, length, fua());
            }
            case FLUSH -> {
                return io.askLater(op, 0, 0, IoFlags.NONE);
            }
            case READ, CACHE, BLOCK_STATUS -> {
                return io.askLater(op, base + at, length, IoFlags.NONE);
            }
        }
        throw new AssertionError(op);
    }

    private int fua() {
        return capabilities.has(Capability.FUA) && random.nextInt(8) == 0 ? IoFlags.FUA : IoFlags.NONE;
    }

    private void waitForOverlapping(int at, int length, IoOp op) {
        running.removeIf(other -> {
            boolean conflict = (op.changesData() || other.op.changesData()) && other.overlaps(at, length);
            if (conflict) {
                finish(other);
            }
            return conflict;
        });
    }

    private void settle(int leaveRunning) {
        while (running.size() > leaveRunning) {
            finish(running.removeFirst());
        }
    }

    private void finish(Running request) {
        Answer answer = Requests.await(request.answer).expectSuccess();
        if (request.op == IoOp.READ) {
            check(request.at, request.length, answer);
        }
        if (request.op == IoOp.BLOCK_STATUS) {
            checkExtents(request.at, answer.extents());
        }
    }

    private void check(int at, int length, Answer answer) {
        byte[] bytes = answer.bytes();
        for (int i = 0; i < length; i++) {
            if (!open[at + i] && bytes[i] != content[at + i]) {
                assertThat(bytes[i])
                        .as("byte %s of %s", base + at + i, answer.question())
                        .isEqualTo(content[at + i]);
            }
        }
    }

    private void checkExtents(int from, List<Extent> extents) {
        int at = from;
        for (Extent extent : extents) {
            for (int i = 0; i < extent.lengthBytes() && extent.zero(); i++) {
                if (!open[at + i] && content[at + i] != 0) {
                    assertThat(content[at + i])
                            .as("byte %s said to be zero", base + at + i)
                            .isZero();
                }
            }
            at += (int) extent.lengthBytes();
        }
    }

    private Requests channel() {
        return channels.get(random.nextInt(channels.size()));
    }

    private long aligned(long value) {
        return value - value % geometry.minimumBlockSize();
    }

    private record Running(IoOp op, int at, int length, CompletableFuture<Answer> answer) {
        boolean overlaps(int otherAt, int otherLength) {
            return op != IoOp.FLUSH && at < otherAt + otherLength && otherAt < at + length;
        }
    }
}
