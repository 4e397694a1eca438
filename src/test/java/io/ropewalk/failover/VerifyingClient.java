package io.ropewalk.failover;

import io.netty.buffer.ByteBuf;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

/**
 * A client on one channel with eight requests in flight or about to be, of every kind, that verifies all that it reads.
 * Three of the eight never change anything, so that a fenced range cannot silence it. Its load is light: about 1 ms
 * passes between an answer and the next request.
 */
final class VerifyingClient {
    /** What it does. */
    enum Operation {
        READ(IoOp.READ, IoFlags.NONE),
        WRITE(IoOp.WRITE, IoFlags.NONE),
        FUA(IoOp.WRITE, IoFlags.FUA),
        FLUSH(IoOp.FLUSH, IoFlags.NONE),
        TRIM(IoOp.TRIM, IoFlags.NONE),
        ZERO(IoOp.WRITE_ZEROES, IoFlags.NONE);

        private final IoOp op;
        private final int flags;

        Operation(IoOp op, int flags) {
            this.op = op;
            this.flags = flags;
        }

        boolean changesData() {
            return op.changesData();
        }
    }

    /** What came of one operation. */
    record Account(long done, Map<IoError.Kind, Long> errors, long longestNanos) {
        private static final Account NONE = new Account(0, Map.of(), 0);

        private Account with(long nanos, IoError.Kind kind) {
            Map<IoError.Kind, Long> counts = new EnumMap<>(IoError.Kind.class);
            counts.putAll(errors);
            if (kind != null) {
                counts.merge(kind, 1L, Long::sum);
            }
            return new Account(done + (kind == null ? 1 : 0), counts, Math.max(longestNanos, nanos));
        }
    }

    /**
     * What it met since {@link #measure}.
     *
     * @param longestGapNanos the longest time without any answer
     */
    record Report(Map<Operation, Account> accounts, long longestGapNanos) {
        Account of(Operation operation) {
            return accounts.get(operation);
        }

        long longestNanos(boolean changes) {
            return Arrays.stream(Operation.values())
                    .filter(operation -> operation.changesData() == changes)
                    .mapToLong(operation -> of(operation).longestNanos())
                    .max()
                    .orElseThrow();
        }

        long answered() {
            return accounts.values().stream().mapToLong(Account::done).sum() + failed();
        }

        long failed() {
            return accounts.values().stream()
                    .flatMap(account -> account.errors().values().stream())
                    .mapToLong(count -> count)
                    .sum();
        }
    }

    private static final int DEPTH = 8;
    private static final int READERS = 3;
    private static final int MOST_BLOCKS = 4;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final Operation[] HARMLESS = {Operation.READ, Operation.READ, Operation.READ, Operation.FLUSH};
    private static final Operation[] ALL = {
        Operation.READ, Operation.WRITE, Operation.WRITE, Operation.FUA, Operation.TRIM, Operation.ZERO, Operation.FLUSH
    };

    private final IoLoop loop;
    private final BlockChannel channel;
    private final BlockModel model;
    private final Random random;
    private final Map<Operation, Account> accounts = new EnumMap<>(Operation.class);
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();
    private int running;
    private boolean stopping;
    private long lastAnswerNanos;
    private long longestGapNanos;
    private final LongAdder answers = new LongAdder();

    VerifyingClient(BlockDevice device, IoLoop loop, long seed) {
        this.loop = loop;
        this.channel = device.open(loop);
        this.model = new BlockModel(device.geometry().sizeBytes());
        this.random = new Random(seed);
    }

    void start() {
        loop.execute(() -> {
            clear();
            for (int i = 0; i < DEPTH; i++) {
                running++;
                new Slot(i < READERS ? HARMLESS : ALL).next();
            }
        });
    }

    /** Forgets what it met so far; what is in flight counts with all of its time. */
    void measure() {
        ask(() -> {
            clear();
            return true;
        });
    }

    private void clear() {
        for (Operation operation : Operation.values()) {
            accounts.put(operation, Account.NONE);
        }
        longestGapNanos = 0;
        lastAnswerNanos = loop.nanoTime();
    }

    Report report() {
        return ask(() -> new Report(new EnumMap<>(accounts), longestGapNanos));
    }

    /** Requests answered so far, measured or not. Any thread. */
    long answers() {
        return answers.sum();
    }

    /** Asks nothing more; ready when all is answered and the channel is closed. */
    CompletableFuture<Void> stop() {
        loop.execute(() -> stopping = true);
        return stopped;
    }

    /** The model, once it has stopped. */
    BlockModel model() {
        return stopped.thenApply(nothing -> model).join();
    }

    private <T> T ask(Supplier<T> question) {
        return CompletableFuture.supplyAsync(question, loop::execute).join();
    }

    private void account(Operation operation, long startNanos, IoError error) {
        long now = loop.nanoTime();
        IoError.Kind kind = error == null ? null : error.kind();
        accounts.computeIfPresent(operation, (key, account) -> account.with(now - startNanos, kind));
        longestGapNanos = Math.max(longestGapNanos, now - lastAnswerNanos);
        lastAnswerNanos = now;
        answers.increment();
    }

    private void ended() {
        running--;
        if (running == 0) {
            channel.close();
            stopped.complete(null);
        }
    }

    /** One request after the other. */
    private final class Slot extends IoRequest {
        private final Operation[] choice;
        private Operation operation = Operation.READ;
        private int first;
        private int count;
        private int version;
        private long startNanos;

        Slot(Operation[] choice) {
            this.choice = choice;
        }

        void next() {
            if (stopping) {
                ended();
                return;
            }
            operation = choice[random.nextInt(choice.length)];
            count = operation == Operation.FLUSH ? 0 : 1 + random.nextInt(MOST_BLOCKS);
            first = count == 0 ? 0 : model.take(random, count, operation.changesData());
            long offset = (long) first * BlockModel.BLOCK_BYTES;
            switch (operation) {
                case WRITE, FUA -> {
                    version = model.writing(first, count);
                    askWrite(offset, operation.flags, content(), 0);
                }
                case TRIM, ZERO -> {
                    version = model.zeroing(first, count);
                    ask(operation.op, offset, (long) count * BlockModel.BLOCK_BYTES, operation.flags);
                }
                case READ, FLUSH -> ask(operation.op, offset, (long) count * BlockModel.BLOCK_BYTES, operation.flags);
            }
            startNanos = loop.nanoTime();
            channel.submit(this);
        }

        private ByteBuf content() {
            ByteBuf payload = loop.allocator().directBuffer(count * BlockModel.BLOCK_BYTES);
            BlockModel.fill(payload, first, count, version);
            return payload;
        }

        @Override
        protected void onAnswer() {
            account(operation, startNanos, error());
            if (op() == IoOp.WRITE) {
                payload().release();
            }
            if (error() == null) {
                note();
            }
            model.done(first, count);
            loop.schedule(this::next, PAUSE_NANOS / 2 + random.nextLong(PAUSE_NANOS));
        }

        private void note() {
            switch (operation) {
                case READ -> verify();
                case WRITE, FUA, ZERO -> model.changed(first, count, version);
                // What is trimmed reads as zeroes or as before.
                case TRIM, FLUSH -> {}
            }
        }

        private void verify() {
            ByteBuf data = takeData();
            if (data.readableBytes() == count * BlockModel.BLOCK_BYTES) {
                model.verify(first, count, data);
            } else {
                model.complain("read " + data.readableBytes() + " bytes, asked for " + this);
            }
            data.release();
        }
    }
}
