package io.ropewalk.engine;

import java.util.List;

/** What goes wrong in a simulated world while its chaos lasts, within the budget that {@link SimWorld} states. */
final class SimMisfortune {
    private final SimWorld world;
    private final SimPlan plan;
    private final SimRandom random;

    SimMisfortune(SimWorld world) {
        this.world = world;
        this.plan = world.plan;
        this.random = world.random.split();
    }

    void begin() {
        again(plan.faultPauseNanos(), this::befallSomePath);
        again(plan.cacheLossPauseNanos(), this::loseSomeCache);
        again(plan.stallPauseNanos(), this::stallSomeLoop);
    }

    /** From now on all is well. */
    void end() {
        world.paths().stream().filter(SimPath::isFaulted).forEach(SimPath::heal);
    }

    /** Does it again and again while the chaos lasts, {@code pauseNanos} apart on average; never for 0. */
    void again(long pauseNanos, Runnable what) {
        if (pauseNanos > 0) {
            world.scheduler.after(random.between(0, 2 * pauseNanos), () -> {
                if (world.isChaotic()) {
                    what.run();
                    again(pauseNanos, what);
                }
            });
        }
    }

    private void befallSomePath() {
        int index = random.below(plan.paths());
        SimPath path = world.paths().get(index);
        if (index == plan.guardian() || path.isFaulted()) {
            return;
        }
        SimFault fault = random.pick(List.copyOf(plan.faults()));
        if (fault == SimFault.MIXED_UP) {
            if (!plan.mayMixUp() || !isKnown(path) || !isKnown(world.paths().get(plan.guardian()))) {
                return;
            }
            world.count(SimHappening.MIX_UP);
        }
        world.count(SimHappening.FAULT);
        path.befall(fault);
        if (path.isFaulted()) {
            healLater(path);
        }
    }

    /** Where a path led first is believed: it has had a session, and there is one to compare the next with. */
    private boolean isKnown(SimPath path) {
        return path.isConnectedSince(world.scheduler.nowNanos()) && path.isConnectedEverywhere();
    }

    private void healLater(SimPath path) {
        long most = plan.timeoutNanos() * random.pick(1, 3, 8);
        world.scheduler.after(random.between(most / 20, most), () -> {
            if (path.isFaulted()) {
                path.heal();
            }
        });
    }

    private void stallSomeLoop() {
        world.count(SimHappening.STALL);
        random.pick(world.scheduler.loops()).stall(random.between(0, plan.timeoutNanos() / 8));
    }

    private void loseSomeCache() {
        if (plan.isCachePerPath()) {
            restart(random.pick(world.paths()));
        } else {
            cyclePower();
        }
    }

    /** One server ends and comes back: its connections break, what only it knew is gone. */
    private void restart(SimPath path) {
        world.tell(() -> path + " restarts");
        world.count(SimHappening.CACHE_LOSS);
        path.breakConnections();
        world.loseCache(path.cache());
        if (!path.isFaulted() && random.chance(0.5)) {
            path.befall(SimFault.REFUSING);
            healLater(path);
        }
    }

    /** The disk and all that serves it end and come back. */
    void cyclePower() {
        world.tell(() -> "power cycle");
        world.count(SimHappening.POWER_CYCLE);
        world.paths().forEach(SimPath::breakConnections);
        for (int cache = 0; cache < plan.caches(); cache++) {
            world.loseCache(cache);
        }
    }
}
