package io.ropewalk.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The one disk behind all simulated paths: a version number per block, and volatile caches in front of what is durable.
 * With one cache for all paths this is a multipath disk; with one cache per path it is several servers before one disk,
 * each of which forgets what was not flushed through it. What was written is visible on every path at once either way.
 */
final class SimDisk {
    /** What a block holds that reads as zeroes. */
    static final long ZEROES = 0;

    /** What a block holds that was trimmed; told apart from zeroes so that a mix-up is seen. */
    static final long TRIMMED = -1;

    /** What every block of another disk holds. */
    static final long FOREIGN = -2;

    private record Unflushed(long version, int cache) {}

    private final SimRandom random;
    private final long[] durable;
    private final List<List<Unflushed>> unflushed = new ArrayList<>();

    /** @param content of every block */
    SimDisk(int blocks, long content, SimRandom random) {
        this.random = random;
        this.durable = new long[blocks];
        for (int block = 0; block < blocks; block++) {
            unflushed.add(new ArrayList<>());
        }
        Arrays.fill(durable, content);
    }

    int blocks() {
        return durable.length;
    }

    long version(int block) {
        List<Unflushed> chain = unflushed.get(block);
        return chain.isEmpty() ? durable[block] : chain.getLast().version();
    }

    /** A change takes effect. */
    void change(int block, long version, int cache, boolean durably) {
        List<Unflushed> chain = unflushed.get(block);
        if (durably) {
            chain.clear();
            durable[block] = version;
        } else {
            chain.add(new Unflushed(version, cache));
        }
    }

    /** Everything written through that cache is durable from now on. */
    void flush(int cache) {
        for (int block = 0; block < durable.length; block++) {
            List<Unflushed> chain = unflushed.get(block);
            for (int i = chain.size() - 1; i >= 0; i--) {
                if (chain.get(i).cache() == cache) {
                    destage(block, i);
                    break;
                }
            }
        }
    }

    /** A cache loses what was not flushed, but for what it happened to have written back by itself. */
    void lose(int cache) {
        for (int block = 0; block < durable.length; block++) {
            List<Unflushed> chain = unflushed.get(block);
            if (!chain.isEmpty() && random.chance(0.3)) {
                int survivor = random.below(chain.size());
                if (chain.get(survivor).cache() == cache) {
                    destage(block, survivor);
                }
            }
            chain.removeIf(entry -> entry.cache() == cache);
        }
    }

    private void destage(int block, int index) {
        List<Unflushed> chain = unflushed.get(block);
        durable[block] = chain.get(index).version();
        chain.subList(0, index + 1).clear();
    }
}
