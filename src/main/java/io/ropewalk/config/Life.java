package io.ropewalk.config;

import org.springframework.context.SmartLifecycle;

/**
 * A part of the service that starts once and ends once, in the order of {@link Phase}. The web servers start after all of
 * these and end before them.
 */
abstract class Life implements SmartLifecycle {
    /** The order of start; the end goes the other way. */
    enum Phase {
        /** The demo's servers, so that its devices answer. */
        DEMO,
        /** Devices and geoms. */
        INVENTORY,
        /** Clients may come. */
        NBD
    }

    private final Phase phase;
    private volatile boolean running;

    Life(Phase phase) {
        this.phase = phase;
    }

    abstract void begin();

    abstract void end();

    @Override
    public final void start() {
        begin();
        running = true;
    }

    @Override
    public final void stop() {
        running = false;
        end();
    }

    @Override
    public final boolean isRunning() {
        return running;
    }

    /** What ends here does not start again. */
    @Override
    public final boolean isPauseable() {
        return false;
    }

    @Override
    public final int getPhase() {
        return phase.ordinal();
    }
}
