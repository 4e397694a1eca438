package io.ropewalk.engine;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.IoError;
import io.ropewalk.block.IoError.Kind;
import io.ropewalk.block.IoOp;
import io.ropewalk.block.IoRequest;
import io.ropewalk.block.Settlement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A world in which the real engine works: simulated paths to one simulated disk, clients, an operator, bad luck, on virtual
 * time, everything drawn from one seed. Runs once, on one thread; throws a {@link SimViolation} when it sees what must not
 * be.
 *
 * <p><b>The fault budget.</b> What may go wrong, and so what the engine has to stand:
 *
 * <ul>
 *   <li>Any number of paths, all of them at once included, suffer any {@link SimFault}, one at a time each.
 *   <li>A request that had left for a server when its connection ended is never done, or done later, or was done; a late
 *       one is done before the connection's settlement, or, where that never comes, within 10 of the shortest time-outs;
 *       {@code policies.quiesce} is 12.
 *   <li>Changes that fail are done in part, block by block. A block is never torn.
 *   <li>With one cache, operators may say PER_PATH of it for a while; its content is lost only when the disk and all servers restart, which breaks every connection of
 *       every path at that moment.
 *   <li>With a cache per path, a cache's content is lost whenever its server restarts, which breaks every connection of
 *       that path at that moment.
 *   <li>The client end of a connection may hear of its end later than of all that comes after it on other connections, and
 *       may find answers in it that the server had sent before.
 *   <li>Loops stall, clients go away at any time, operators give any verb at any time, in the middle of an answer as well; a stop in the middle of all that.
 *   <li>A well path answers each attempt within half the shortest time-out, stalls included.
 *   <li>A path may lead to another disk of the same size for a while, which breaks its connections when that begins and when it
 *       ends. It does so only where another path works all the time, in use from the beginning.
 *   <li>Outside the budget: bytes that change on their way, a disk that reorders across its own FLUSH, two settlements of
 *       one connection, threads racing within one task.
 * </ul>
 *
 * <p><b>What is checked</b>, besides what {@link SimHistory} says of reads and flushes: every request is answered once, on
 * its loop, in bounded time, the shorter bound for what no fence can hold; no client sees an error while one attached path
 * has been well for the whole life of the request and is known to lead to the disk; a request is sent at most paths + 1
 * times, not counting paths that are added meanwhile; errors of an earlier epoch fail no path; after every step the table
 * obeys its rules and is what the events told; a stop ends, and afterwards no channel, buffer, timer or promise is left.
 */
final class SimWorld {
    final SimPlan plan;
    final SimRandom random;
    final SimScheduler scheduler;
    final SimDisk disk;

    /** Where a path leads that was mixed up. */
    final SimDisk otherDisk;

    final SimHistory history;

    private final Set<SimWeakness> weaknesses;
    private final SimTrace trace;
    private long sessions;
    private long checks;
    final SimObserver observer = new SimObserver(this);
    private final List<SimPath> paths = new ArrayList<>();
    private final List<SimClient> clients = new ArrayList<>();
    private final long[] fencedUntilNanos;
    private final List<SimOp> ops = new ArrayList<>();
    private final SimOperator operator;
    private final SimMisfortune misfortune;
    private final Geom geom;

    private @Nullable PathTable checked;
    private @Nullable CompletableFuture<Void> stopped;
    private boolean chaotic = true;
    private boolean stoppedInTime;
    private long lives;
    private long knownLosses;
    private long failedFlushes;
    private long durableNanos;

    SimWorld(long seed, Set<SimWeakness> weaknesses, SimTrace trace) {
        this.random = new SimRandom(seed);
        this.plan = SimPlan.of(random);
        this.weaknesses = weaknesses;
        this.trace = trace;
        this.scheduler = new SimScheduler(random.split(), plan.timeoutNanos() / 100);
        this.disk = new SimDisk(plan.blocks(), SimDisk.ZEROES, random.split());
        this.otherDisk = new SimDisk(plan.blocks(), SimDisk.FOREIGN, random.split());
        this.fencedUntilNanos = new long[plan.blocks()];
        this.history = new SimHistory(plan.blocks(), plan.caches());
        for (int i = 0; i < plan.lanes(); i++) {
            scheduler.newLoop();
        }
        for (int i = 0; i < plan.paths(); i++) {
            paths.add(new SimPath(this, "p" + i, plan.isCachePerPath() ? i : 0));
        }
        this.operator = new SimOperator(this);
        this.misfortune = new SimMisfortune(this);
        this.geom = newGeom();
        for (int i = 0; i < plan.clients(); i++) {
            clients.add(new SimClient(this, "c" + i, plan.depth(), plan.requests()));
        }
    }

    private Geom newGeom() {
        try {
            return Geom.create(
                    "sim",
                    GeomType.MANUAL,
                    null,
                    plan.mode(),
                    plan.policies(),
                    null,
                    List.<BlockDevice>copyOf(paths.subList(0, plan.pathsAtFirst())),
                    random.pick(scheduler.loops()),
                    () -> Instant.EPOCH.plusNanos(scheduler.nowNanos()),
                    observer);
        } catch (GeomRefusal e) {
            throw new AssertionError(e);
        }
    }

    // ---- the course of the world

    void run() {
        clients.forEach(SimClient::connect);
        misfortune.begin();
        misfortune.again(plan.verbPauseNanos(), operator::act);
        if (plan.mayMixUp()) {
            misfortune.again(
                    plan.timeoutNanos(), () -> operator.check(random.pick(paths).name()));
        }
        misfortune.again(plan.giveUpPauseNanos(), () -> random.pick(clients).giveUp());
        scheduler.after(plan.chaosNanos(), this::calm);
        if (plan.stopsEarly()) {
            scheduler.after(random.between(0, plan.chaosNanos()), this::stopEarly);
        }
        long patience = 2 * plan.chaosNanos()
                + plan.clients()
                        * plan.requests()
                        * (plan.patienceNanos() + plan.policies().quiesce().toNanos());
        while (scheduler.step()) {
            checkTable();
            checkLosses();
            if (scheduler.nowNanos() > patience) {
                throw new SimViolation("no end in sight");
            }
        }
        requireCleanEnd();
    }

    private void calm() {
        tell(() -> "all is well from now on");
        chaotic = false;
        misfortune.end();
        awaitClients();
    }

    private void awaitClients() {
        boolean done = clients.stream().allMatch(SimClient::isDone);
        if (stopped == null) {
            scheduler.after(plan.timeoutNanos(), done ? this::settle : this::awaitClients);
        }
    }

    /** Nothing is asked any more; what is late lands, what is out of use comes back. */
    private void settle() {
        operator.bringBackAll();
        scheduler.after(plan.timeoutNanos() + plan.policies().quiesce().toNanos(), this::verify);
    }

    private void verify() {
        Runnable maybeCyclePower = random.chance(0.5) ? misfortune::cyclePower : () -> {};
        SimClient last = new SimClient(this, "last", 0, 0);
        clients.add(last);
        last.verify(() -> scheduler.after(0, maybeCyclePower), () -> scheduler.after(0, this::stop));
    }

    /** A client is in the middle of an answer, and so is the engine: an operator may be as quick, on another thread. */
    void amidAnAnswer() {
        if (!chaotic || isStopping()) {
            return;
        }
        if (plan.verbPauseNanos() > 0 && random.chance(0.02)) {
            operator.act();
        }
        if (plan.stopsEarly() && random.chance(0.005)) {
            stopEarly();
        }
    }

    private void stopEarly() {
        if (!isStopping()) {
            count(SimHappening.STOPPED_EARLY);
            stop();
        }
    }

    private void stop() {
        tell(() -> "stop");
        stopped = geom.stop();
        long latest = scheduler.nowNanos()
                + plan.stopPatienceNanos()
                + plan.policies().quiesce().toNanos();
        stopped.thenRun(() -> stoppedInTime = scheduler.nowNanos() <= latest);
        clients.forEach(SimClient::disconnectSoon);
    }

    boolean isChaotic() {
        return chaotic;
    }

    boolean isStopping() {
        return stopped != null;
    }

    // ---- for the parts of the world

    Geom geom() {
        return geom;
    }

    List<SimPath> paths() {
        return paths;
    }

    SimPath path(String name) {
        return paths.stream()
                .filter(path -> path.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    boolean is(SimWeakness weakness) {
        return weaknesses.contains(weakness);
    }

    void tell(Supplier<String> line) {
        trace.tell(scheduler.nowNanos(), line);
    }

    void count(SimHappening what) {
        trace.count(what);
    }

    long nextLife() {
        return ++lives;
    }

    void loseCache(int cache) {
        disk.lose(cache);
        history.cacheLost(cache, scheduler.nextMoment());
    }

    // ---- attempts

    /** The engine sends a request on a path. */
    SimOp begin(IoRequest request, SimChannel channel) {
        SimOp op =
                new SimOp(ops.size(), request, channel, lifeOf(request), scheduler.nextMoment(), scheduler.nowNanos());
        ops.add(op);
        count(SimHappening.ATTEMPT);
        if (op.life != null) {
            begin(op, op.life);
        } else if (op.op == IoOp.READ) {
            checks++;
        }
        return op;
    }

    private @Nullable SimLife lifeOf(IoRequest request) {
        if (request instanceof Attempt.OfRequest attempt) {
            IoRequest parent = attempt.io().parent;
            if (parent == null) {
                throw new SimViolation(request + " was sent for a client that does not wait for it");
            }
            return ((SimRequest) parent).life();
        }
        return null;
    }

    private void begin(SimOp op, SimLife life) {
        if (life.givenUp && life.change != null) {
            throw new SimViolation(life + " is sent, and its client has gone");
        }
        life.latest = op;
        if (life.attempts > 0) {
            count(SimHappening.RETRY);
        } else {
            life.pathsAdded = observer.added();
        }
        IoPath path = ((Attempt) op.request).on().path;
        if (isHedge(op)) {
            hedged(op, life);
        } else {
            observer.requireChoosable(path, life, ((Attempt.OfRequest) op.request).io().passedOver);
        }
        requireLegal(op, life);
        life.owed |= (life.op == IoOp.FLUSH || life.durably) && history.isAnythingOwed();
        life.underWay++;
        life.attempts++;
        life.tried |= path.bit();
        if (life.attempts > plan.paths() + 1 + observer.added() - life.pathsAdded && !plan.queues()) {
            throw new SimViolation(life + " is sent for the time " + life.attempts);
        }
    }

    private void hedged(SimOp op, SimLife life) {
        if (life.hedged && life.underWay > 1) {
            throw new SimViolation(life + " is sent a third time, with two attempts under way");
        }
        life.hedged = true;
        if (op.op.changesData()) {
            count(SimHappening.CHANGE_HEDGED);
            fenced(op, plan.attemptPatienceNanos());
            Settlement copiesAnswered = ((Attempt.OfRequest) op.request).io().copiesAnswered;
            if (is(SimWeakness.NO_FENCE_BESIDE_HEDGE) && copiesAnswered != null) {
                copiesAnswered.settle();
            }
        } else {
            count(
                    geom.policies().hedgeAfter() == null
                            ? SimHappening.READ_HEDGED_IN_SILENCE
                            : SimHappening.READ_HEDGED);
        }
    }

    private static void requireLegal(SimOp op, SimLife life) {
        if (life.refusalKnown) {
            throw new SimViolation(life + " is sent again, though it was refused for good");
        }
        if (op.op == IoOp.WRITE && op.request.payloadHeadroom() > 0) {
            if (life.headroomGiven) {
                throw new SimViolation(life + " gives the room before its payload to two attempts");
            }
            life.headroomGiven = true;
        }
    }

    private static boolean isHedge(SimOp op) {
        return op.op != IoOp.FLUSH && isBranch(op);
    }

    /** An attempt beside the request's main one. */
    static boolean isBranch(SimOp op) {
        return op.request instanceof Attempt.OfRequest attempt && attempt.io().attempt != attempt;
    }

    /** The attempt of that number. */
    SimOp op(long id) {
        return ops.get((int) id);
    }

    void countSession() {
        sessions++;
    }

    /** A path is about to answer. */
    void decided(SimOp op, @Nullable IoError error) {
        if (error != null && is(SimWeakness.NO_EPOCH)) {
            geom.table()
                    .find(op.channel.path().name())
                    .ifPresent(entry -> ((Attempt) op.request).epoch = entry.epoch());
        }
        if (scheduler.nowNanos() - op.submittedNanos > plan.attemptPatienceNanos()) {
            throw new SimViolation(op + " was not given up in time");
        }
        SimLife life = op.life;
        if (life == null) {
            return;
        }
        life.underWay--;
        if (life.hedged && life.over && op.op.changesData() && error == null) {
            count(SimHappening.FIRST_COPY_LATE);
        }
        life.refusalKnown |= error != null && error.kind().scope() == IoError.Scope.REQUEST;
        if (error == null) {
            life.succeeded = true;
            life.cache = op.channel.path().cache();
            life.servedMoment = op.servedMoment;
        }
    }

    /** A change was given up that may still take effect: others that overlap it wait, for so long at most. */
    void mayBeFenced(SimOp op) {
        if (op.op.changesData()) {
            long quiesce = plan.policies().quiesce().toNanos();
            op.fencedUntilNanos = scheduler.nowNanos() + quiesce;
            fenced(op, quiesce);
        }
    }

    private void fenced(SimOp op, long nanos) {
        fenced(op.firstBlock, op.blocks, nanos);
    }

    private void fenced(int firstBlock, int blocks, long nanos) {
        long until = scheduler.nowNanos() + nanos;
        for (int block = firstBlock; block < firstBlock + blocks; block++) {
            fencedUntilNanos[block] = Math.max(fencedUntilNanos[block], until);
        }
    }

    /** A change that was given up takes effect after all. */
    void late(SimOp op) {
        count(SimHappening.LATE_CHANGE);
        tell(() -> "late: " + op);
        if (stopped == null) {
            return;
        }
        count(SimHappening.LATE_AMID_STOP);
        if (stopped.isDone() && scheduler.nowNanos() < op.fencedUntilNanos) {
            throw new SimViolation(op + " took effect when the geom had stopped");
        }
    }

    /** The client was told that it failed. */
    void closeIfOver(SimLife life) {
        if (life.change == null) {
            return;
        }
        if (life.underWay > 0) {
            if (!life.givenUp) {
                throw new SimViolation(life + " has failed, and attempts are under way");
            }
            left(life);
        }
        end(life);
    }

    /** The client of a change has gone. What is under way of it holds others back until it is answered. */
    private void left(SimLife life) {
        count(SimHappening.LEFT_UNDER_WAY);
        fenced(life.firstBlock, life.blocks, plan.attemptPatienceNanos());
        Settlement answered = ((Attempt.OfRequest) Objects.requireNonNull(life.latest).request).io().copiesAnswered;
        if (is(SimWeakness.NO_FENCE_BEHIND_CLIENT) && answered != null) {
            answered.settle();
        }
    }

    /** The client of a change has gone, and is to hear no more of it than that. */
    void leave(SimLife life) {
        life.left = true;
        left(life);
        end(life);
    }

    private void end(SimLife life) {
        history.failed(Objects.requireNonNull(life.change), scheduler.nextMoment());
    }

    // ---- checks

    void requireOn(SimScheduler.Loop loop, String what) {
        if (!loop.inLoop()) {
            throw new SimViolation(what + " came not on " + loop);
        }
    }

    /** Nothing waits longer than its attempts and the queue may take, but for changes that overlap what is fenced. */
    void requireInTime(SimLife life) {
        long from = life.beginNanos;
        if (life.change != null) {
            for (int block = life.firstBlock; block < life.firstBlock + life.blocks; block++) {
                from = Math.max(from, fencedUntilNanos[block]);
            }
        }
        if (scheduler.nowNanos() > from + plan.patienceNanos()) {
            throw new SimViolation(life + " took " + (scheduler.nowNanos() - life.beginNanos) / 1e6 + " ms");
        }
    }

    /** The client was told {@code error}: was there reason to? */
    void requireExcuse(SimLife life, IoError error) {
        if (life.givenUp) {
            return;
        }
        boolean excused = switch (error.kind()) {
            case SHUTTING_DOWN -> stopped != null && life.underWay == 0;
            case IO -> SimClient.tellsOfLoss(error);
            default -> false;
        };
        if (!excused && !life.refusalKnown) {
            requireNoWellPath(life, error);
        }
        if (error.kind() != Kind.SHUTTING_DOWN) {
            count(SimHappening.CLIENT_ERROR);
        }
    }

    /**
     * The engine thinks that changes were lost: not while one cache is proven to have lived since all was durable, but for
     * each FLUSH that the disk itself refused. After each step, and before a client that is told within one is believed.
     */
    void checkLosses() {
        long losses = geom.debts().losses();
        long news = losses - knownLosses;
        boolean isExplained = news <= failedFlushes;
        failedFlushes = 0;
        if (news == 0) {
            return;
        }
        knownLosses = losses;
        tell(() -> "loss " + losses);
        history.lossNoted(scheduler.nextMoment());
        if (isExplained) {
            return;
        }
        long before = durableNanos - plan.attemptPatienceNanos();
        boolean isCacheShared = geom.policies().cache() == Policies.Cache.SHARED;
        for (SimPath path : paths) {
            if (isCacheShared && path.isWellSince(Long.MAX_VALUE - 1) && path.isConnectedSince(before)) {
                throw new SimViolation("changes count as lost, though " + path + " was there since all was durable");
            }
        }
    }

    /** A FLUSH that began then has succeeded. */
    void durableSince(long nanos) {
        durableNanos = Math.max(durableNanos, nanos);
    }

    /** The disk has refused to make durable what it had: that is a loss to all others, if there was something. */
    void noteIfFlush(SimLife life, IoError error) {
        boolean isFlush = life.op == IoOp.FLUSH;
        if ((isFlush || life.durably) && error.kind() == Kind.IO || isFlush && error.kind() == Kind.NO_SPACE) {
            if (life.owed || history.isAnythingOwed()) {
                history.flushFailed(scheduler.nextMoment());
            }
        }
        if (isFlush || life.durably) {
            failedFlushes++;
        }
    }

    private void requireNoWellPath(SimLife life, IoError error) {
        for (SimPath path : paths) {
            if (path.isWellSince(life.begin)
                    && observer.isAttachedSince(path.name(), life.begin)
                    && !isDoubtful(path)) {
                throw new SimViolation(
                        life + " got " + error + ", though " + path + " was well all the time; " + geom.table());
            }
        }
    }

    /** Whether the lane at work does not know where it leads: what no other path can do may fail then (guarantees.md). */
    private boolean isDoubtful(SimPath path) {
        return geom.lanes().stream()
                .filter(lane -> lane.loop().inLoop())
                .map(lane -> lane.paths()
                        .find(geom.table().find(path.name()).orElseThrow().path()))
                .anyMatch(there -> there != null && there.doubtful);
    }

    private void checkTable() {
        PathTable now = geom.table();
        if (now != checked) {
            checked = now;
            observer.check(now);
        }
    }

    private void requireCleanEnd() {
        require(stopped != null && stopped.isDone(), "the stop did not end");
        require(stoppedInTime, "the stop had taken too long");
        require(operator.isDone(), "a verb's promise was not kept");
        for (SimClient client : clients) {
            require(client.isQuiet(), client + " waits for an answer");
        }
        for (SimPath path : paths) {
            require(path.openChannels() == 0, path + " has open channels");
        }
        require(geom.report().openChannels() == 0, "the geom has open channels");
        require(
                geom.stats().paths().stream().allMatch(path -> path.inFlight() == 0),
                "the geom counts requests in flight");
        requireCounts(geom.stats());
        requireFewChecks();
        require(scheduler.bytesInBuffers() == 0, scheduler.bytesInBuffers() + " bytes were not released");
    }

    /** Each session may be doubted, and may end as a witness, in two proofs; and a look at where it leads, again after a while where that was unclear. */
    private void requireFewChecks() {
        long whiles = 2 * scheduler.nowNanos() / plan.timeoutNanos();
        long looks = sessions + operator.checks() + whiles * paths.size() * plan.lanes();
        require(
                checks <= operator.checks() + 4 * sessions + looks * Look.MOST_READS * (paths.size() - 1),
                checks + " checks, with " + sessions + " sessions");
    }

    private void requireCounts(GeomStats stats) {
        require(stats.heldWrites() == 0, "the geom counts writes that are held");
        require(stats.queuedRequests() == 0, "the geom counts requests that are queued");
        require(
                stats.unfencedWrites() == trace.counted(SimHappening.FENCE_EXPIRED),
                "the geom counts other unfenced writes than it told of");
        if (!plan.queues()) {
            require(
                    20 * stats.hedges() <= trace.counted(SimHappening.REQUEST),
                    "more than 5 % of requests were hedged");
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new SimViolation("at the end " + otherwise);
        }
    }
}
