package io.ropewalk.engine;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.BlockDeviceContractTest;
import io.ropewalk.file.FileDeviceFactory;
import io.ropewalk.testing.TestLoop;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;

/** A geom over two paths to one file: a hard link makes two ways of it. */
class GeomOverFilesContractTest extends BlockDeviceContractTest {
    @TempDir
    Path folder;

    private final List<BlockDevice> devices = new ArrayList<>();
    private Geom geom;
    private TestLoop home;

    @Override
    protected BlockDevice device() throws Exception {
        Path disk = folder.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(40 << 20);
        }
        Path link = Files.createLink(folder.resolve("link.img"), disk);
        FileDeviceFactory factory = new FileDeviceFactory();
        devices.add(factory.open("a", disk.toUri()));
        devices.add(factory.open("b", link.toUri()));
        home = new TestLoop();
        geom = Geom.create(
                "m",
                GeomType.MANUAL,
                null,
                Mode.ACTIVE_ACTIVE,
                Policies.DEFAULT,
                null,
                devices,
                home,
                Instant::now,
                EngineObserver.NONE);
        return geom;
    }

    @Override
    protected void cleanUp() throws Exception {
        geom.stop().get(10, TimeUnit.SECONDS);
        devices.forEach(BlockDevice::close);
        home.close();
    }
}
