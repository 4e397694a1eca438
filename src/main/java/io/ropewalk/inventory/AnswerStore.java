package io.ropewalk.inventory;

import java.time.Instant;
import java.util.Optional;

/** Where answers outlive us, so that a request that is sent twice is carried out once. Any thread; may block. */
public interface AnswerStore {
    /**
     * Takes the key, unless it is taken: one caller only is told so.
     *
     * @param fingerprint of the request, to know it by
     * @return empty when the key is the caller's now; else what is kept under it
     */
    Optional<KeptAnswer> claim(String key, String fingerprint, Instant now) throws StoreException;

    /** Keeps the answer under a claimed key. */
    void keep(String key, KeptAnswer.Answer answer) throws StoreException;

    /** Gives the key free. */
    void release(String key) throws StoreException;

    /**
     * Forgets what was claimed before {@code limit}.
     *
     * @return how many keys are left
     */
    long sweep(Instant limit) throws StoreException;
}
