package io.ropewalk.net;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import io.ropewalk.block.IoLoop;
import org.jspecify.annotations.Nullable;

/** Watches a descriptor that is not a socket of Netty's, on an event loop that waits by epoll. Lives on its loop. */
final class EpollWatch implements EpollIoHandle, IoLoop.Watch {
    private final FileDescriptor descriptor;
    private final Runnable onReadable;
    private @Nullable IoRegistration registration;
    private boolean ended;

    private EpollWatch(int fd, Runnable onReadable) {
        this.descriptor = new FileDescriptor(fd);
        this.onReadable = onReadable;
    }

    static EpollWatch begin(IoEventLoop loop, int fd, Runnable onReadable) {
        EpollWatch watch = new EpollWatch(fd, onReadable);
        loop.register(watch).addListener(done -> watch.registered((IoRegistration) done.getNow()));
        return watch;
    }

    private void registered(@Nullable IoRegistration made) {
        registration = made;
        if (made == null) {
            return;
        }
        if (ended) {
            made.cancel();
        } else {
            made.submit(EpollIoOps.EPOLLIN);
        }
    }

    @Override
    public FileDescriptor fd() {
        return descriptor;
    }

    @Override
    public void handle(IoRegistration by, IoEvent event) {
        if (!ended) {
            onReadable.run();
        }
    }

    @Override
    public void end() {
        ended = true;
        if (registration != null) {
            registration.cancel();
        }
    }

    /** The loop ends. The descriptor belongs to who wanted it watched. */
    @Override
    public void close() {
        ended = true;
    }
}
