package io.ropewalk.store;

import io.ropewalk.inventory.AnswerStore;
import io.ropewalk.inventory.KeptAnswer;
import io.ropewalk.inventory.StoreException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Keeps answers in a table, each in a transaction of its own. The primary key decides who was first. */
public final class JdbcAnswerStore implements AnswerStore {
    private static final int TIMEOUT_SECONDS = 10;

    private final JdbcClient jdbc;

    /** A store whose schema is up to date. */
    public JdbcAnswerStore(DataSource dataSource) {
        JdbcTemplate template = new JdbcTemplate(dataSource);
        template.setQueryTimeout(TIMEOUT_SECONDS);
        this.jdbc = JdbcClient.create(template);
    }

    @Override
    public Optional<KeptAnswer> claim(String key, String fingerprint, Instant now) throws StoreException {
        return call(() -> insert(key, fingerprint, now) ? Optional.empty() : find(key));
    }

    private boolean insert(String key, String fingerprint, Instant now) {
        try {
            jdbc.sql("insert into kept_answer (id, fingerprint, asked_millis) values (:id, :fingerprint, :now)")
                    .param("id", key)
                    .param("fingerprint", fingerprint)
                    .param("now", now.toEpochMilli())
                    .update();
            return true;
        } catch (DuplicateKeyException taken) {
            return false;
        }
    }

    private Optional<KeptAnswer> find(String key) {
        return jdbc.sql("select * from kept_answer where id = :id")
                .param("id", key)
                .query(JdbcAnswerStore::read)
                .optional();
    }

    private static KeptAnswer read(ResultSet row, int number) throws SQLException {
        int status = row.getInt("status");
        KeptAnswer.@Nullable Answer answer = row.wasNull()
                ? null
                : new KeptAnswer.Answer(
                        status,
                        row.getString("content_type"),
                        row.getString("location"),
                        row.getString("etag"),
                        row.getString("body"));
        return new KeptAnswer(row.getString("fingerprint"), answer);
    }

    @Override
    public void keep(String key, KeptAnswer.Answer answer) throws StoreException {
        call(() -> jdbc.sql("""
                        update kept_answer set status = :status, content_type = :type, location = :location,
                            etag = :etag, body = :body
                        where id = :id
                        """)
                .param("id", key)
                .param("status", answer.status())
                .param("type", answer.contentType(), Types.VARCHAR)
                .param("location", answer.location(), Types.VARCHAR)
                .param("etag", answer.etag(), Types.VARCHAR)
                .param("body", answer.body())
                .update());
    }

    @Override
    public void release(String key) throws StoreException {
        call(() -> jdbc.sql("delete from kept_answer where id = :id")
                .param("id", key)
                .update());
    }

    @Override
    public long sweep(Instant limit) throws StoreException {
        return call(() -> {
            jdbc.sql("delete from kept_answer where asked_millis < :limit")
                    .param("limit", limit.toEpochMilli())
                    .update();
            return jdbc.sql("select count(*) from kept_answer")
                    .query(Long.class)
                    .single();
        });
    }

    private static <T> T call(Supplier<T> work) throws StoreException {
        try {
            return work.get();
        } catch (DataAccessException e) {
            throw new StoreException("The answers kept in the database cannot be read or written.", e);
        }
    }
}
