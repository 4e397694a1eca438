package io.ropewalk.engine;

import io.ropewalk.engine.Policies.Cache;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What kind of world a seed makes: how many of what, how fast, how unlucky. All times in nanoseconds.
 *
 * @param paths devices there are
 * @param pathsAtFirst how many of them the geom begins with
 * @param depth requests a client keeps under way
 * @param requests what one client asks before it is content
 * @param hotBlocks how many of the blocks, from the first on, most requests go to
 * @param timeoutNanos the shortest deadline of an attempt; configure may double it. Everything else is measured by it
 * @param legNanos the longest that a well path takes for one leg of a request's way
 * @param thinkNanos the longest that a client waits between an answer and the next request
 * @param chaosNanos how long things go wrong
 * @param lateNanos how long after its connection's end a request may still take effect
 * @param lateness how often one that was not done yet is done late rather than never
 * @param unproven how often the proof that a connection's requests are over never comes
 * @param tantrum how often a client gives up what is under way in the middle of an answer
 * @param guardian the path that nothing befalls; -1 for none
 * @param faults what may befall the others
 * @param faultPauseNanos between one misfortune and the next, on average; 0 for never
 * @param verbPauseNanos between operator's verbs
 * @param giveUpPauseNanos between clients going away
 * @param stallPauseNanos between stalls of loops
 * @param cacheLossPauseNanos between losses of a cache's content
 * @param stopsEarly whether the geom is stopped in the middle of everything
 */
record SimPlan(
        int paths,
        int pathsAtFirst,
        int lanes,
        int clients,
        int depth,
        int requests,
        int blocks,
        int hotBlocks,
        Mode mode,
        Policies policies,
        long timeoutNanos,
        long legNanos,
        long thinkNanos,
        long chaosNanos,
        long lateNanos,
        double lateness,
        double unproven,
        double tantrum,
        int guardian,
        Set<SimFault> faults,
        long faultPauseNanos,
        long verbPauseNanos,
        long giveUpPauseNanos,
        long stallPauseNanos,
        long cacheLossPauseNanos,
        boolean stopsEarly) {

    private static final int QUIESCE_TIMEOUTS = 12;
    private static final int LATE_TIMEOUTS = 10;

    static SimPlan of(SimRandom random) {
        int paths = random.pick(1, 2, 2, 2, 3, 3, 4);
        long timeout = random.pick(20, 100, 400) * 1_000_000L;
        boolean guarded = random.chance(0.4);
        boolean stopsEarly = random.chance(0.25);
        boolean losesCaches = !guarded && random.chance(0.4);
        int depth = random.pick(1, 2, 4, 8);
        int requests = random.between(20, 120);
        long chaos = timeout * random.between(10, 60);
        return new SimPlan(
                paths,
                random.between(Math.max(1, paths - 1), paths),
                random.pick(1, 1, 2, 3),
                random.between(1, 4),
                depth,
                requests,
                random.pick(16, 20, 40),
                random.pick(3, 8, 16),
                random.pick(Mode.values()),
                policies(random, timeout),
                timeout,
                timeout / 14,
                2 * chaos * depth / requests / random.pick(1, 2, 4, 100),
                chaos,
                LATE_TIMEOUTS * timeout,
                random.pick(0.0, 0.5, 0.9),
                random.pick(0.0, 0.0, 0.1, 0.5),
                random.pick(0.0, 0.0, 0.01),
                guarded ? random.below(paths) : -1,
                faults(random),
                random.pick(timeout / 3, timeout, 3 * timeout),
                random.pick(0L, timeout, 4 * timeout),
                random.pick(0L, 0L, 5 * timeout),
                random.pick(0L, 0L, timeout),
                losesCaches ? timeout * random.between(3, 15) : 0,
                stopsEarly);
    }

    private static Policies policies(SimRandom random, long timeoutNanos) {
        Duration timeout = Duration.ofNanos(timeoutNanos);
        Policies policies = Policies.DEFAULT
                .withQuiesce(timeout.multipliedBy(QUIESCE_TIMEOUTS))
                .withCache(random.chance(0.4) ? Cache.PER_PATH : Cache.SHARED);
        if (random.chance(0.2)) {
            Duration queueFor = timeout.multipliedBy(random.between(1, 20));
            policies = policies.withNoPath(
                    new Policies.NoPath(queueFor, random.pick(3, 1000), random.pick(200L, 1L << 20)));
        }
        return varied(policies, timeoutNanos, random);
    }

    /** What configure may change at any time. */
    static Policies varied(Policies policies, long timeoutNanos, SimRandom random) {
        Duration timeout = Duration.ofNanos(timeoutNanos);
        return policies.withAttemptTimeout(timeout.multipliedBy(random.pick(1, 1, 2)))
                .withRestore(random.pick(Policies.Restore.values()))
                .withFailback(
                        random
                                .pick(List.of(
                                        List.<Duration>of(), List.of(Duration.ZERO), List.of(timeout.multipliedBy(2))))
                                .stream()
                                .findFirst()
                                .orElse(null))
                .withHedgeAfter(random.chance(0.3) ? timeout.dividedBy(10) : null);
    }

    /** Some seeds see one kind of misfortune only, so that one hides no other. */
    private static Set<SimFault> faults(SimRandom random) {
        if (random.chance(0.3)) {
            return EnumSet.allOf(SimFault.class);
        }
        Set<SimFault> some = EnumSet.of(random.pick(SimFault.values()));
        some.add(random.pick(SimFault.values()));
        return some;
    }

    /** Whether a good path is there to compare with at any time, as nothing befalls one, and no operator takes it away. */
    boolean mayMixUp() {
        return guardian >= 0 && guardian < pathsAtFirst && verbPauseNanos == 0;
    }

    boolean isCachePerPath() {
        return policies.cache() == Cache.PER_PATH;
    }

    int caches() {
        return isCachePerPath() ? paths : 1;
    }

    boolean queues() {
        return !policies.noPath().queueFor().isZero();
    }

    /** The longest that an attempt may take: the longer deadline, noticed late, on a loop that stalls. */
    long attemptPatienceNanos() {
        return 2 * timeoutNanos + timeoutNanos / 2;
    }

    /** The longest that a stop may take: what is sent runs its course, what waits does not. */
    long stopPatienceNanos() {
        return (paths + 2) * attemptPatienceNanos();
    }

    /** The longest that a request may take which is not held by a fence. */
    long patienceNanos() {
        return policies.noPath().queueFor().toNanos() + 2 * (paths + 2) * attemptPatienceNanos();
    }
}
