package io.ropewalk.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataDirLockTest {
    @TempDir
    Path folder;

    @Test
    void aFolderThatAnotherInstanceHoldsIsRefusedInOneSentence() throws Exception {
        try (DataDirLock held = DataDirLock.acquire(folder)) {
            assertThatExceptionOfType(DataDirException.class)
                    .isThrownBy(() -> DataDirLock.acquire(folder))
                    .withMessageContaining(folder.toString())
                    .withMessageStartingWith("The data folder")
                    .withMessageContaining("held by another instance")
                    .withMessageNotContaining("cannot be used")
                    .withMessageContaining("ropewalk.data-dir");
        }
    }

    @Test
    void aFolderThatWasLetGoCanBeTakenAgain() throws Exception {
        DataDirLock first = DataDirLock.acquire(folder);
        first.close();
        first.close();

        DataDirLock.acquire(folder).close();
    }

    @Test
    void aMissingFolderIsMade() throws Exception {
        Path deep = folder.resolve("a/b");

        DataDirLock.acquire(deep).close();

        assertThat(deep).isDirectory();
    }

    @Test
    void aFileInPlaceOfTheFolderIsRefused() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));

        assertThatExceptionOfType(DataDirException.class)
                .isThrownBy(() -> DataDirLock.acquire(file))
                .withMessageContaining("cannot be used");
    }

    @Test
    void anotherProcessIsKeptOutUntilThisOneEnds() throws Exception {
        Process other = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Holder.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(other.inputReader().readLine()).isEqualTo("held");
            assertThatExceptionOfType(DataDirException.class).isThrownBy(() -> DataDirLock.acquire(folder));
        } finally {
            other.destroyForcibly();
            assertThat(other.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        DataDirLock.acquire(folder).close();
    }

    /** Another instance. */
    static final class Holder {
        public static void main(String[] args) throws Exception {
            DataDirLock lock = DataDirLock.acquire(Path.of(args[0]));
            System.out.println("held");
            Thread.sleep(60_000);
            lock.close();
        }
    }
}
