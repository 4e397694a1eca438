package io.ropewalk.api;

import io.ropewalk.inventory.AnswerStore;
import io.ropewalk.inventory.KeptAnswer;
import io.ropewalk.inventory.StoreException;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** Answers kept for as long as a test runs. */
final class MemoryAnswers implements AnswerStore {
    private final Map<String, Row> rows = new ConcurrentHashMap<>();
    volatile boolean broken;

    private record Row(Instant at, KeptAnswer kept) {}

    @Override
    public Optional<KeptAnswer> claim(String key, String fingerprint, Instant now) throws StoreException {
        if (broken) {
            throw new StoreException("broken", new IllegalStateException());
        }
        Row before = rows.putIfAbsent(key, new Row(now, new KeptAnswer(fingerprint, null)));
        return Optional.ofNullable(before).map(Row::kept);
    }

    @Override
    public void keep(String key, KeptAnswer.Answer answer) {
        rows.computeIfPresent(
                key, (same, row) -> new Row(row.at(), new KeptAnswer(row.kept().fingerprint(), answer)));
    }

    @Override
    public void release(String key) {
        rows.remove(key);
    }

    @Override
    public long sweep(Instant limit) {
        rows.values().removeIf(row -> row.at().isBefore(limit));
        return rows.size();
    }
}
