package dev.engram.explicit;

import ai.djl.ndarray.NDManager;
import dev.engram.model.CausalLm;
import dev.engram.model.Generation;
import dev.engram.model.GenerationConfig;
import dev.engram.model.GenerationListener;
import dev.engram.model.KvCache;
import dev.engram.model.Seams;
import dev.engram.model.text.Message;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A language model that reads a bank (paper, section 3.4; seed 3.1). Every 64 tokens of the prompt retrieve memories and read them alone;
 * after every 64 generated tokens the memories are dropped and new ones retrieved, with the last 64 tokens as the query. With an empty
 * bank it is the plain model to the last bit.
 */
public final class ExplicitLm {
    /** Tokens between two retrievals, in the paper and the seed. */
    public static final int CHUNK = 64;

    private final CausalLm lm;
    private final ReferenceBank bank;
    private final ReferenceWriter writer;
    private final Retrieval retrieval;
    private final ExplicitMemory sink;

    /**
     * What was read for a chunk.
     *
     * @param position of its first token in prompt and answer together
     * @param ids references, the best first
     * @param retrieveSeconds to find them
     * @param loadSeconds to have them in place, encoding included
     */
    public record Reading(int position, List<String> ids, double retrieveSeconds, double loadSeconds) {}

    /** A text and what was read for it. */
    public record Answer(Generation generation, List<Reading> readings) {
        public String text() {
            return generation.text();
        }
    }

    /** A model that reads; everything stays the caller's. */
    public ExplicitLm(CausalLm lm, ReferenceBank bank, ReferenceWriter writer, Retrieval retrieval) {
        this.lm = lm;
        this.bank = bank;
        this.writer = writer;
        this.retrieval = retrieval;
        this.sink = bank.size() == 0 ? null : writer.sink();
    }

    /** Answers a user. */
    public Answer chat(String user, GenerationConfig config) {
        return generate(lm.prompt(List.of(Message.user(user))), config, GenerationListener.SILENT);
    }

    /** Continues a text. */
    public Answer generate(String prompt, GenerationConfig config, GenerationListener listener) {
        int[] ids = lm.tokenizer().encode(prompt);
        int first = bank.size() == 0 ? 0 : writer.contextPosition();
        try (KvCache cache = lm.decoder().newCache(first);
                Current current = new Current(ids, cache)) {
            Seams seams = bank.size() == 0 ? Seams.none() : Seams.none().withBias(current.bias);
            int at = 0;
            while (bank.size() > 0 && ids.length - at > CHUNK) {
                int[] chunk = Arrays.copyOfRange(ids, at, at + CHUNK);
                current.read(at, chunk);
                try (NDManager scope = lm.decoder().newScope()) {
                    lm.decoder().forward(scope, new int[][] {chunk}, cache, seams);
                }
                at += CHUNK;
            }
            int[] rest = Arrays.copyOfRange(ids, at, ids.length);
            current.read(at, rest);
            Generation generation =
                    lm.generate(rest, cache, config, seams, null, new Following(listener, current, ids.length));
            return new Answer(generation, List.copyOf(current.readings));
        }
    }

    /** The memories in use now, which lead the cache. */
    private final class Current implements AutoCloseable {
        private final List<Integer> ids = new ArrayList<>();
        private final List<Reading> readings = new ArrayList<>();
        private final KvCache cache;
        private final MemoryBias bias;

        Current(int[] prompt, KvCache cache) {
            Arrays.stream(prompt).forEach(ids::add);
            this.cache = cache;
            this.bias = new MemoryBias(lm.decoder().backend().manager());
        }

        /** Drops what was read and reads for these tokens. */
        void read(int position, int[] query) {
            if (bank.size() == 0) {
                return;
            }
            long start = System.nanoTime();
            List<Retrieval.Found> weighted = retrieval.weighted(lm.tokenizer().decode(query, true));
            List<String> found = weighted.stream().map(Retrieval.Found::id).toList();
            long retrieved = System.nanoTime();
            List<ExplicitMemory> memories = found.stream().map(bank::memory).toList();
            bias.set(
                    memories.isEmpty() ? 0 : sink.tokens(),
                    memories,
                    weighted.stream().mapToDouble(Retrieval.Found::weight).toArray());
            try (MemoryRows rows =
                    MemoryRows.of(lm.decoder().backend().manager(), lm.config().layers(), sink, memories)) {
                rows.lead(cache);
            }
            readings.add(
                    new Reading(position, found, (retrieved - start) / 1e9, (System.nanoTime() - retrieved) / 1e9));
        }

        @Override
        public void close() {
            bias.close();
        }

        void generated(int token) {
            ids.add(token);
        }

        int[] last(int n) {
            return ids.subList(Math.max(0, ids.size() - n), ids.size()).stream()
                    .mapToInt(Integer::intValue)
                    .toArray();
        }
    }

    /** Reads anew after every chunk of generated tokens. */
    private record Following(GenerationListener inner, Current current, int prompt) implements GenerationListener {
        @Override
        public void token(int id) {
            current.generated(id);
            int done = current.ids.size() - prompt;
            if (done % CHUNK == 0) {
                current.read(prompt + done, current.last(CHUNK));
            }
            inner.token(id);
        }

        @Override
        public void text(String piece) {
            inner.text(piece);
        }

        @Override
        public boolean cancelled() {
            return inner.cancelled();
        }
    }
}
