package io.ropewalk.testing;

import io.netty.buffer.ByteBuf;
import io.ropewalk.block.BlockChannel;
import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.Capabilities;
import io.ropewalk.block.Capability;
import io.ropewalk.block.DeviceListener;
import io.ropewalk.block.DeviceListeners;
import io.ropewalk.block.Extent;
import io.ropewalk.block.Geometry;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoFlags;
import io.ropewalk.block.IoLoop;
import io.ropewalk.block.IoRequest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A sparse device in memory that can do everything, and be told to hold its answers back, to fail, to change its size or
 * to close. Any thread.
 */
public final class MemoryDevice implements BlockDevice {
    /** The unit of allocation, and so of BLOCK_STATUS. */
    public static final int PAGE_BYTES = 64 << 10;

    private static final Capabilities EVERYTHING = Capabilities.of(Capability.values());

    private final String name;
    private final AtomicInteger abandoned = new AtomicInteger();
    private final DeviceListeners listeners = new DeviceListeners();
    private final Map<Long, byte[]> pages = new ConcurrentHashMap<>();
    private final List<String> journal = new CopyOnWriteArrayList<>();
    private final Queue<Held> heldBack = new ArrayDeque<>();
    private final Set<MemoryChannel> channels = ConcurrentHashMap.newKeySet();

    private volatile Geometry geometry;
    private volatile Capabilities capabilities = EVERYTHING;
    private volatile int headroom;
    private volatile boolean holding;
    private volatile boolean slowToZero;
    private volatile @Nullable IoError failure;
    private boolean ended;

    private record Held(MemoryChannel channel, IoRequest request) {}

    public MemoryDevice(String name, Geometry geometry) {
        this.name = name;
        this.geometry = geometry;
    }

    /** A device of {@code sizeBytes} bytes, addressable by the byte. */
    public static MemoryDevice of(long sizeBytes) {
        return new MemoryDevice("memory", Geometry.of(sizeBytes, 1));
    }

    public MemoryDevice with(Capabilities newCapabilities) {
        capabilities = newCapabilities;
        return this;
    }

    public MemoryDevice without(Capability capability) {
        return with(capabilities.without(capability));
    }

    /** How many bytes to leave free before the data of a READ. */
    public MemoryDevice withHeadroom(int bytes) {
        headroom = bytes;
        return this;
    }

    /** Refuses to zero in a hurry. */
    public MemoryDevice slowToZero() {
        slowToZero = true;
        return this;
    }

    /** From now on requests wait for {@link #letGo}. */
    public void holdBack() {
        holding = true;
    }

    /** Answers what waits and holds back no more. */
    public void letGo() {
        holding = false;
        letGo(Integer.MAX_VALUE);
    }

    /** Answers the oldest {@code count} of what waits. */
    public synchronized void letGo(int count) {
        for (int i = 0; i < count && !heldBack.isEmpty(); i++) {
            Held held = heldBack.remove();
            held.channel.loop().execute(() -> held.channel.perform(held.request));
        }
    }

    /** How many requests wait. */
    public synchronized int heldBack() {
        return heldBack.size();
    }

    /** From now on every request fails so; null ends it. */
    public void failWith(@Nullable IoError error) {
        failure = error;
    }

    public void resize(long sizeBytes) {
        Geometry before = geometry;
        geometry = before.withSize(sizeBytes);
        listeners.tell(listener -> listener.onGeometryChanged(this, before, geometry));
    }

    /** The requests that arrived, as text, oldest first. */
    public List<String> journal() {
        return journal;
    }

    /** How many channels' clients have gone without a word. */
    public int abandoned() {
        return abandoned.get();
    }

    public int openChannels() {
        return channels.size();
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Geometry geometry() {
        return geometry;
    }

    @Override
    public Capabilities capabilities() {
        return capabilities;
    }

    @Override
    public BlockChannel open(IoLoop loop) {
        MemoryChannel channel = new MemoryChannel(loop);
        synchronized (this) {
            if (ended) {
                channel.close();
            } else {
                channels.add(channel);
            }
        }
        return channel;
    }

    @Override
    public void addListener(DeviceListener listener) {
        listeners.add(listener);
    }

    @Override
    public void removeListener(DeviceListener listener) {
        listeners.remove(listener);
    }

    @Override
    public void close() {
        if (tellOfTheEnd()) {
            channels.forEach(channel -> channel.loop().execute(channel::close));
        }
    }

    /** Half of {@link #close}: listeners are told, but what is in flight can still finish. */
    public boolean tellOfTheEnd() {
        synchronized (this) {
            if (ended) {
                return false;
            }
            ended = true;
        }
        listeners.tell(listener -> listener.onClosed(this));
        return true;
    }

    /** The bytes of a range, however they got there. */
    public byte[] bytes(long offset, int length) {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length; ) {
            long at = offset + done;
            int within = (int) (at % PAGE_BYTES);
            int count = Math.min(length - done, PAGE_BYTES - within);
            byte[] page = pages.get(at / PAGE_BYTES);
            if (page != null) {
                System.arraycopy(page, within, bytes, done, count);
            }
            done += count;
        }
        return bytes;
    }

    /** Puts bytes there without a request. */
    public void put(long offset, byte[] bytes) {
        for (int done = 0; done < bytes.length; ) {
            long at = offset + done;
            int within = (int) (at % PAGE_BYTES);
            int count = Math.min(bytes.length - done, PAGE_BYTES - within);
            System.arraycopy(bytes, done, page(at / PAGE_BYTES), within, count);
            done += count;
        }
    }

    private byte[] page(long number) {
        return pages.computeIfAbsent(number, absent -> new byte[PAGE_BYTES]);
    }

    private void zero(long offset, long length, boolean mayPunch) {
        long end = offset + length;
        for (long at = offset; at < end; ) {
            long number = at / PAGE_BYTES;
            int within = (int) (at % PAGE_BYTES);
            int count = (int) Math.min(end - at, PAGE_BYTES - within);
            if (mayPunch && count == PAGE_BYTES) {
                pages.remove(number);
            } else if (!mayPunch || pages.containsKey(number)) {
                Arrays.fill(page(number), within, within + count, (byte) 0);
            }
            at += count;
        }
    }

    private List<Extent> extents(long offset, long length, boolean onlyOne) {
        List<Extent> extents = new ArrayList<>();
        long end = offset + length;
        for (long at = offset; at < end && (!onlyOne || extents.isEmpty()); ) {
            boolean hole = isHole(at);
            long from = at;
            while (at < end && isHole(at) == hole) {
                at = Math.min(end, (at / PAGE_BYTES + 1) * PAGE_BYTES);
            }
            extents.add(new Extent(at - from, hole, hole));
        }
        return extents;
    }

    private boolean isHole(long offset) {
        return !pages.containsKey(offset / PAGE_BYTES);
    }

    private final class MemoryChannel extends BlockChannel {
        private boolean closed;
        private boolean isAbandoned;

        MemoryChannel(IoLoop loop) {
            super(MemoryDevice.this, loop);
        }

        @Override
        protected void start(IoRequest request) {
            journal.add(request.toString());
            if (closed) {
                request.fail(IoError.of(Kind.SHUTTING_DOWN, name + " is closed"));
            } else if (holding) {
                synchronized (MemoryDevice.this) {
                    heldBack.add(new Held(this, request));
                }
            } else {
                perform(request);
            }
        }

        void perform(IoRequest request) {
            if (!request.isPending()) {
                return;
            }
            IoError error = failure;
            if (error != null) {
                request.fail(error);
                return;
            }
            switch (request.op()) {
                case READ -> read(request);
                case WRITE -> write(request);
                case TRIM -> change(request, true);
                case WRITE_ZEROES -> zero(request);
                case BLOCK_STATUS -> {
                    boolean onlyOne = (request.flags() & IoFlags.ONE_EXTENT) != 0;
                    request.succeed(extents(request.offset(), request.length(), onlyOne));
                }
                case FLUSH, CACHE -> request.succeed();
            }
        }

        private void read(IoRequest request) {
            int length = (int) request.length();
            ByteBuf data = loop().allocator().directBuffer(headroom + length);
            data.setIndex(headroom, headroom).writeBytes(bytes(request.offset(), length));
            request.succeed(data, headroom);
        }

        private void write(IoRequest request) {
            byte[] bytes = new byte[(int) request.length()];
            request.payload().getBytes(request.payload().readerIndex(), bytes);
            // Others may overwrite the headroom, so this device does.
            for (int i = 1; i <= request.payloadHeadroom(); i++) {
                request.payload().setByte(request.payload().readerIndex() - i, 0xEE);
            }
            put(request.offset(), bytes);
            request.succeed();
        }

        private void zero(IoRequest request) {
            if (slowToZero && (request.flags() & IoFlags.FAST_ONLY) != 0) {
                request.fail(IoError.of(Kind.NOT_SUPPORTED, "zeroing is slow here"));
            } else {
                change(request, (request.flags() & IoFlags.NO_HOLE) == 0);
            }
        }

        private void change(IoRequest request, boolean mayPunch) {
            MemoryDevice.this.zero(request.offset(), request.length(), mayPunch);
            request.succeed();
        }

        @Override
        public void abandon() {
            if (!isAbandoned) {
                isAbandoned = true;
                abandoned.incrementAndGet();
            }
        }

        @Override
        public void abort(IoError error) {
            List<IoRequest> mine = new ArrayList<>();
            synchronized (MemoryDevice.this) {
                heldBack.removeIf(held -> held.channel == this && mine.add(held.request));
            }
            mine.forEach(request -> request.fail(error));
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                channels.remove(this);
                abort(IoError.of(Kind.DISCONNECTED, name + " was closed"));
            }
        }
    }
}
