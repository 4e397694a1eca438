package io.ropewalk.file;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.DeviceException;
import io.ropewalk.block.DeviceException.Reason;
import io.ropewalk.block.DeviceFactory;
import java.net.URI;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Opens regular files and local block devices: {@code file:///path/disk.img}, with the options {@code direct} (bypass the
 * page cache; true by default for a block device, false for a regular file) and {@code readonly=true}. Linux only. Any
 * thread.
 *
 * <p>While a device is open it holds an advisory lock on its file, exclusive, or shared when read-only: another process
 * that asks for a lock is refused (a second Ropewalk, QEMU), one that asks for none is not hindered (nbdkit). Within
 * this process one store may be opened under several URIs (hard or symbolic links, two nodes of one block device);
 * they share the lock.
 */
public final class FileDeviceFactory implements DeviceFactory {
    /** A file system that has not opened a file by then is not going to. */
    private static final Duration OPEN_TIMEOUT = Duration.ofSeconds(30);

    private final AllowedPaths allowed;

    /** One that opens whatever the system lets it. */
    public FileDeviceFactory() {
        this(AllowedPaths.EVERY);
    }

    /** One that opens what it is allowed to. */
    public FileDeviceFactory(AllowedPaths allowed) {
        this.allowed = allowed;
    }

    @Override
    public Set<String> schemes() {
        return Set.of("file");
    }

    @Override
    public URI normalize(URI uri) throws DeviceException {
        return FileTarget.parse(uri).toUri();
    }

    /**
     * {@inheritDoc}
     *
     * <p>Reasons: UNREACHABLE when there is no such file, or the file system does not answer within 30 s; UNSUITABLE
     * for what is neither a regular file nor a block device, is smaller than one sector, or cannot do
     * {@code direct}; NOT_ALLOWED for what the {@link AllowedPaths} do not name, and without the permission to read it (and
     * write, unless read-only); IN_USE when another process has locked it, or the system has mounted it, swaps to it or
     * has built another device on it.
     */
    @Override
    public BlockDevice open(String name, URI uri) throws DeviceException {
        FileTarget target = FileTarget.parse(uri);
        if (!Libc.isSupported()) {
            throw new DeviceException(
                    Reason.UNSUITABLE, "Cannot open " + target.display() + ": files need Linux on x86-64 or AArch64");
        }
        CompletableFuture<FileDevice> opening = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("open-" + name).start(() -> open(name, target, opening));
        return await(opening, target);
    }

    /** Runs on a thread of its own, which a dead file system may keep forever. */
    private void open(String name, FileTarget target, CompletableFuture<FileDevice> opening) {
        try {
            FileDevice device = FileDevice.open(name, target, allowed);
            if (!opening.complete(device)) {
                device.close();
            }
        } catch (Throwable problem) {
            opening.completeExceptionally(problem);
        }
    }

    private static FileDevice await(CompletableFuture<FileDevice> opening, FileTarget target) throws DeviceException {
        try {
            return opening.get(OPEN_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            return giveUp(opening, target, "its file system does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return giveUp(opening, target, "opening it was interrupted", e);
        } catch (ExecutionException e) {
            throw failure(target, e.getCause());
        }
    }

    /** The device, if it was opened just now after all; what comes later is closed. */
    private static FileDevice giveUp(
            CompletableFuture<FileDevice> opening, FileTarget target, String problem, Exception cause)
            throws DeviceException {
        opening.completeExceptionally(
                new DeviceException(Reason.UNREACHABLE, "Cannot open " + target.display() + ": " + problem, cause));
        try {
            return opening.get();
        } catch (ExecutionException e) {
            throw failure(target, e.getCause());
        } catch (InterruptedException e) {
            throw new AssertionError("a completed future does not wait", e);
        }
    }

    private static DeviceException failure(FileTarget target, @Nullable Throwable cause) {
        if (cause instanceof DeviceException refusal) {
            return refusal;
        }
        return new DeviceException(Reason.UNREACHABLE, "Cannot open " + target.display() + ": " + cause, cause);
    }
}
