package io.ropewalk.store;

import io.ropewalk.inventory.AuditEntry;
import io.ropewalk.inventory.DesiredState;
import io.ropewalk.inventory.InventoryStore;
import io.ropewalk.inventory.StoreException;
import java.sql.Connection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Keeps the desired state in a relational database. Saves what differs between two states, in one transaction: a row
 * that changed is deleted and written anew, so that a save whose outcome was lost on the way can simply be made again.
 */
public final class JdbcInventoryStore implements InventoryStore {
    private static final int TIMEOUT_SECONDS = 10;

    private final JdbcClient jdbc;
    private final TransactionTemplate transaction;
    private final Rows rows;
    private final JdbcAuditStore audit;
    private final boolean isH2;

    /**
     * A store whose schema is up to date.
     *
     * @param audit in the same database
     */
    public JdbcInventoryStore(DataSource dataSource, PlatformTransactionManager transactions, JdbcAuditStore audit) {
        JdbcTemplate template = new JdbcTemplate(dataSource);
        template.setQueryTimeout(TIMEOUT_SECONDS);
        this.jdbc = JdbcClient.create(template);
        this.rows = new Rows(jdbc);
        this.audit = audit;
        this.transaction = new TransactionTemplate(transactions);
        this.transaction.setTimeout(TIMEOUT_SECONDS);
        this.isH2 = "H2"
                .equals(template.execute(
                        (Connection connection) -> connection.getMetaData().getDatabaseProductName()));
    }

    @Override
    public DesiredState load() throws StoreException {
        try {
            return Objects.requireNonNull(transaction.execute(status -> rows.load()));
        } catch (DataAccessException | TransactionException e) {
            throw failure("read", e);
        } catch (IllegalArgumentException e) {
            throw new StoreException("The inventory was written by another version: " + e.getMessage() + ".", e);
        }
    }

    @Override
    public void save(DesiredState before, DesiredState after, @Nullable AuditEntry entry) throws StoreException {
        try {
            transaction.executeWithoutResult(status -> {
                write(before, after);
                if (entry != null) {
                    audit.insert(entry);
                }
            });
            sync();
        } catch (DataAccessException | TransactionException e) {
            throw failure("written", e);
        }
    }

    private void write(DesiredState before, DesiredState after) {
        Set<String> devices = touched(before.devices(), after.devices());
        Set<String> geoms = touched(before.geoms(), after.geoms());
        Set<String> exports = touched(before.exports(), after.exports());
        // A device's row can go only when no path speaks of it; none does of a device that is new.
        if (devices.stream().anyMatch(before.devices()::containsKey)) {
            Stream.concat(before.geoms().values().stream(), after.geoms().values().stream())
                    .filter(geom -> geom.paths().stream().anyMatch(path -> devices.contains(path.device())))
                    .forEach(geom -> geoms.add(geom.name()));
        }
        // A geom's row takes the rows of its exports with it.
        after.exports().values().stream()
                .filter(export -> geoms.contains(export.geom()))
                .forEach(export -> exports.add(export.name()));
        exports.forEach(name -> delete("export", name));
        geoms.forEach(name -> delete("geom", name));
        devices.forEach(name -> delete("device", name));
        present(devices, after.devices()).forEach(rows::insert);
        present(geoms, after.geoms()).forEach(rows::insert);
        present(exports, after.exports()).forEach(rows::insert);
        if (after.retiredGeneration() != before.retiredGeneration()) {
            rows.replaceRetired(after.retiredGeneration());
        }
    }

    /** The names of what is new, differs, or is gone. */
    private static <T> Set<String> touched(Map<String, T> before, Map<String, T> after) {
        Set<String> names = new TreeSet<>();
        if (before != after) {
            after.forEach((name, now) -> {
                if (!now.equals(before.get(name))) {
                    names.add(name);
                }
            });
            before.keySet().stream().filter(name -> !after.containsKey(name)).forEach(names::add);
        }
        return names;
    }

    private static <T> List<T> present(Set<String> names, Map<String, T> after) {
        return names.stream()
                .flatMap(name -> Stream.ofNullable(after.get(name)))
                .toList();
    }

    private void delete(String table, String name) {
        jdbc.sql("delete from " + table + " where name = :name")
                .param("name", name)
                .update();
    }

    /** H2 has handed the commit to the kernel; this hands it to the disk. PostgreSQL's commit did. */
    private void sync() {
        if (isH2) {
            jdbc.sql("checkpoint sync").update();
        }
    }

    private static StoreException failure(String what, Exception e) {
        Throwable cause = NestedExceptionUtils.getMostSpecificCause(e);
        return new StoreException(
                "The inventory's database cannot be " + what + ": " + firstLine(cause.getMessage()) + ".", e);
    }

    private static String firstLine(@Nullable String message) {
        String text = String.valueOf(message).strip();
        int end = text.indexOf('\n');
        String line = end < 0 ? text : text.substring(0, end);
        return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
    }
}
