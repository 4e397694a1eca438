package io.ropewalk.testing;

import io.ropewalk.block.BlockDevice;
import io.ropewalk.block.BlockDeviceContractTest;
import io.ropewalk.block.Geometry;
import org.junit.jupiter.api.Nested;

/** The device that stands in for others in tests keeps the contract too. */
class MemoryDeviceContractTest {
    @Nested
    class OfBytes extends BlockDeviceContractTest {
        @Override
        protected BlockDevice device() {
            return MemoryDevice.of(40 << 20);
        }
    }

    @Nested
    class OfBlocks extends BlockDeviceContractTest {
        @Override
        protected BlockDevice device() {
            return new MemoryDevice("blocks", new Geometry(40 << 20, 4096, 4096, 1 << 20)).withHeadroom(64);
        }
    }
}
