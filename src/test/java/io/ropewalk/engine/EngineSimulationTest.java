package io.ropewalk.engine;

import java.util.EnumSet;
import org.junit.jupiter.api.Test;

class EngineSimulationTest {
    @Test
    void tryIt() {
        for (long seed = 1; seed < 2000; seed++) {
            new SimWorld(seed, EnumSet.noneOf(SimWeakness.class), new SimTrace(false)).run();
        }
    }
}
