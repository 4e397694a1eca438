package io.ropewalk.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Somebody who gives the geom every verb, at the worst of times. */
final class SimOperator {
    private interface Verb {
        void give() throws GeomRefusal;
    }

    private final SimWorld world;
    private final SimRandom random;
    private final List<CompletableFuture<?>> promises = new ArrayList<>();
    private long checks;

    SimOperator(SimWorld world) {
        this.world = world;
        this.random = world.random.split();
    }

    /** Gives one verb. */
    void act() {
        String path = random.pick(world.paths()).name();
        switch (random.below(14)) {
            case 12, 13 -> drain(path);
            case 0, 1 -> give("fail " + path, () -> geom().fail(path, "because"));
            case 2, 3 -> give("restore " + path, () -> geom().restore(path, RestoreTrigger.OPERATOR));
            case 4 -> give("prefer " + path, () -> geom().prefer(path));
            case 5 -> give("rotate", () -> geom().rotate());
            case 6 -> give("add " + path, () -> geom().add(world.path(path)));
            case 7 -> remove(path);
            case 8 -> configure();
            case 9 -> give("report", this::look);
            default -> check(path);
        }
    }

    void check(String path) {
        checks++;
        give("check " + path, () -> promises.add(geom().check(path)));
    }

    long checks() {
        return checks;
    }

    private void remove(String path) {
        boolean last = geom().report().paths().size() == 1;
        if (!last || random.chance(0.2)) {
            give("remove " + path, () -> promises.add(geom().remove(path)));
        }
    }

    private void drain(String path) {
        world.observer.whileDrainBegins(() -> give("drain " + path, () -> {
            boolean isAsked = isAskedToFlush(path);
            long begun = world.scheduler.nextMoment();
            promises.add(geom().drain(path, "because").thenAccept(drained -> drained(path, isAsked, begun, drained)));
        }));
    }

    /** One that has failed by itself is not. */
    private boolean isAskedToFlush(String path) {
        return geom().table()
                .find(path)
                .filter(entry -> entry.isUsable() || entry.isFailedBy(FailReason.OPERATOR))
                .isPresent();
    }

    private void drained(String path, boolean wasAsked, long begun, Drained drained) {
        world.tell(() -> "drained " + path + " from " + begun + ": " + drained);
        world.count(drained.lost() ? SimHappening.DRAIN_FAILED : SimHappening.DRAINED);
        boolean isOut =
                world.observer.isOutSince(path, begun) && !geom().table().stopping();
        if (wasAsked && isOut && !drained.lost()) {
            world.history.requireFlushed(world.path(path).cache(), world.observer.attachedSince(path), begun);
        }
    }

    private void configure() {
        Mode mode = random.pick(Mode.values());
        Policies varied = SimPlan.varied(geom().policies(), world.plan.timeoutNanos(), random);
        if (world.plan.queues()) {
            varied = varied.withNoPath(shorterOrNot(world.plan.policies().noPath()));
        }
        // To say PER_PATH of one cache costs needless errors; to say SHARED of several is a lie of the operator's.
        Policies policies =
                world.plan.isCachePerPath() ? varied : varied.withCache(random.pick(Policies.Cache.values()));
        // What counts as lost so far is judged by what was said of the cache until now: this may be in the middle of a
        // step.
        world.checkLosses();
        give("configure " + mode + " " + policies, () -> geom().configure(mode, policies));
    }

    private Policies.NoPath shorterOrNot(Policies.NoPath most) {
        return new Policies.NoPath(
                most.queueFor().dividedBy(random.pick(1, 1, 2, 8)), random.pick(1, 3, 1000), most.maxBytes());
    }

    private void look() {
        geom().report();
        geom().stats();
    }

    /** Every path is attached and none is out of use for an operator's sake. */
    void bringBackAll() {
        for (SimPath path : world.paths()) {
            give("add " + path, () -> geom().add(path));
            give("restore " + path, () -> geom().restore(path.name(), RestoreTrigger.OPERATOR));
        }
    }

    private void give(String what, Verb verb) {
        world.tell(() -> "verb: " + what);
        world.count(SimHappening.VERB);
        try {
            verb.give();
        } catch (GeomRefusal refusal) {
            world.tell(() -> "refused: " + refusal.getMessage());
            world.count(SimHappening.VERB_REFUSED);
        }
    }

    private Geom geom() {
        return world.geom();
    }

    /** Whether everything that a verb promised has come true. */
    boolean isDone() {
        return promises.stream().allMatch(CompletableFuture::isDone);
    }
}
