package io.ropewalk.failover;

import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * What each block of a store may hold, to be asked by one client that changes it: a block is zeroes or says of itself
 * which block it is and which version. Two requests on one block are never in flight together if one of them changes it.
 * One thread.
 */
final class BlockModel {
    static final int BLOCK_BYTES = 4096;

    private static final int ZEROES = 0;
    private static final int NOT_A_VERSION = -1;
    private static final long SPREAD = 0x9E3779B97F4A7C15L;
    private static final int COMPLAINTS_KEPT = 10;

    private final int[][] allowed;
    /** Reads in flight, or -1 for a change. */
    private final int[] users;

    private final List<String> complaints = new ArrayList<>();
    private int latestVersion;
    private long verifiedBytes;

    BlockModel(long sizeBytes) {
        allowed = new int[(int) (sizeBytes / BLOCK_BYTES)][];
        Arrays.fill(allowed, new int[] {ZEROES});
        users = new int[allowed.length];
    }

    long verifiedBytes() {
        return verifiedBytes;
    }

    /** What was read and should not have been there; the first of it. */
    List<String> complaints() {
        return complaints;
    }

    /** A random run of {@code count} blocks that may be used now; it is until {@link #done}. */
    int take(Random random, int count, boolean change) {
        int first;
        do {
            first = random.nextInt(allowed.length - count + 1);
        } while (!isFree(first, count, change));
        for (int block = first; block < first + count; block++) {
            users[block] = change ? -1 : users[block] + 1;
        }
        return first;
    }

    private boolean isFree(int first, int count, boolean change) {
        return Arrays.stream(users, first, first + count).allMatch(user -> change ? user == 0 : user >= 0);
    }

    void done(int first, int count) {
        for (int block = first; block < first + count; block++) {
            users[block] -= Integer.signum(users[block]);
        }
    }

    /** A change to zeroes, or perhaps to zeroes, is sent. */
    int zeroing(int first, int count) {
        return changing(first, count, ZEROES);
    }

    /** A write is sent; gives its version. */
    int writing(int first, int count) {
        return changing(first, count, ++latestVersion);
    }

    private int changing(int first, int count, int version) {
        for (int block = first; block < first + count; block++) {
            int[] more = Arrays.copyOf(allowed[block], allowed[block].length + 1);
            more[more.length - 1] = version;
            allowed[block] = more;
        }
        return version;
    }

    /** A change was answered as done: nothing else is allowed any more. */
    void changed(int first, int count, int version) {
        for (int block = first; block < first + count; block++) {
            allowed[block] = new int[] {version};
        }
    }

    /** The content of {@code version}. */
    static void fill(ByteBuf buffer, int first, int count, int version) {
        for (int block = first; block < first + count; block++) {
            for (int word = 0; word < BLOCK_BYTES / Long.BYTES; word++) {
                buffer.writeLong(word(block, version, word));
            }
        }
    }

    private static long word(int block, int version, int word) {
        return version == ZEROES ? 0 : word == 0 ? (long) block << 32 | version : (block + version * SPREAD) ^ word;
    }

    /** What was read once stays, as nothing changes it meanwhile. */
    void verify(int first, int count, ByteBuf data) {
        for (int i = 0; i < count; i++) {
            int block = first + i;
            int version = versionIn(data, data.readerIndex() + i * BLOCK_BYTES, block);
            if (Arrays.stream(allowed[block]).noneMatch(each -> each == version)) {
                complain("block " + block + " holds version " + version + ", allowed are "
                        + Arrays.toString(allowed[block]));
            } else {
                changed(block, 1, version);
            }
            verifiedBytes += BLOCK_BYTES;
        }
    }

    void complain(String complaint) {
        if (complaints.size() < COMPLAINTS_KEPT) {
            complaints.add(complaint);
        }
    }

    private static int versionIn(ByteBuf data, int at, int block) {
        long head = data.getLong(at);
        int version = (int) head;
        for (int word = 0; word < BLOCK_BYTES / Long.BYTES; word++) {
            if (data.getLong(at + word * Long.BYTES) != word(block, version, word)) {
                return NOT_A_VERSION;
            }
        }
        return version;
    }
}
