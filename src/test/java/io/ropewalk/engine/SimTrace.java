package io.ropewalk.engine;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What happened in one simulated world: counts always, the story only where somebody wants to read it. */
final class SimTrace {
    private final boolean telling;
    private final List<String> lines = new ArrayList<>();
    private final long[] counts = new long[SimHappening.values().length];

    SimTrace(boolean telling) {
        this.telling = telling;
    }

    void tell(long nanos, Supplier<String> line) {
        if (telling) {
            lines.add(String.format("%12.6f ms  %s", nanos / 1e6, line.get()));
        }
    }

    void count(SimHappening what) {
        counts[what.ordinal()]++;
    }

    long counted(SimHappening what) {
        return counts[what.ordinal()];
    }

    Map<SimHappening, Long> counts() {
        Map<SimHappening, Long> all = new EnumMap<>(SimHappening.class);
        for (SimHappening what : SimHappening.values()) {
            all.put(what, counts[what.ordinal()]);
        }
        return all;
    }

    List<String> lines() {
        return lines;
    }
}
