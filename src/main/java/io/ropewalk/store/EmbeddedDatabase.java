package io.ropewalk.store;

import java.nio.file.Path;

/** The database in the data folder. */
public final class EmbeddedDatabase {
    private static final String FILE = "inventory";

    private EmbeddedDatabase() {}

    /**
     * The JDBC URL of the H2 database in {@code folder}.
     *
     * <p>WRITE_DELAY=0: what a verb has acknowledged must be in the file, not in a buffer that is written half a second
     * later. DB_CLOSE_ON_EXIT=FALSE: the service closes it, in its own order. DB_CLOSE_DELAY=-1: it stays open between
     * connections.
     */
    public static String url(Path folder) {
        String file = folder.toAbsolutePath().normalize().resolve(FILE).toString();
        return "jdbc:h2:file:" + file.replace(";", "\\;") + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE;DB_CLOSE_DELAY=-1";
    }
}
