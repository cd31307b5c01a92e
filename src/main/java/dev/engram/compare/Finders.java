package dev.engram.compare;

import dev.engram.dual.LongTermMemory;
import dev.engram.dual.ReplacementPolicy;
import dev.engram.dual.tools.ExperienceStore;
import dev.engram.dual.tools.TextVectors;
import dev.engram.model.CausalLm;
import dev.engram.retrieve.EmbeddingRetriever;
import dev.engram.retrieve.ExactStore;
import dev.engram.retrieve.Hit;
import dev.engram.retrieve.RetrievalStrategy;
import dev.engram.tiers.Horizon;
import dev.engram.tiers.Keeping;
import dev.engram.tiers.Tier;
import dev.engram.tiers.TieredMemory;
import dev.engram.world.Fact;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The ways to find texts that are compared. */
final class Finders {
    /** Known questions that may be lost to a threshold: what the recall token's bias was set by too. */
    private static final double LOST = 0.05;

    private static final double MARGIN = 0.05;
    private static final long BYTES = 1 << 20;
    /** Entries are told on days between 0 and 1, updates on day 1, questions come on day 2. */
    private static final double DAYS = 1e4;

    private Finders() {}

    /** The texts that answer the probe, and so many others after them. */
    static Finder oracle(Library library, int distractors) {
        List<Library.Entry> all = library.entries();
        return probe -> {
            List<Hit> hits = new ArrayList<>();
            probe.facts().stream()
                    .filter(id -> library.text(id, false) != null)
                    .forEach(id -> hits.add(new Hit(id, library.text(id, probe.dated()), 1)));
            if (hits.isEmpty()) {
                return new Finder.Found(List.of(), false);
            }
            for (int i = 0; i < distractors; i++) {
                Library.Entry e = all.get((31 * probe.number() + 17 * (i + 1)) % all.size());
                if (!probe.facts().contains(e.id())) {
                    hits.add(
                            (probe.number() + i) % (hits.size() + 1),
                            new Hit(e.id(), library.text(e.id(), probe.dated()), 0));
                }
            }
            return new Finder.Found(hits, false);
        };
    }

    /**
     * The k most similar texts of the store; at least two where two are to be compared.
     *
     * @param stored embeds the store's texts and remembers them
     * @param embedding embeds questions, each time anew, since a search pays for that
     */
    static Finder retrieved(Subject subject, Library library, EmbeddingModel stored, EmbeddingModel embedding, int k) {
        if (library.entries().isEmpty()) {
            return Finder.none();
        }
        ExactStore store = new ExactStore();
        EmbeddingRetriever writer = new EmbeddingRetriever(stored, store, new RetrievalStrategy.TopK());
        writer.addAll(
                library.entries().stream().map(Library.Entry::id).toList(),
                library.entries().stream().map(Library.Entry::key).toList());
        double threshold = threshold(subject.facts().stream()
                .mapToDouble(f ->
                        writer.retrieve(f.trainQuestions().get(0), 1).get(0).score())
                .toArray());
        EmbeddingRetriever retriever = new EmbeddingRetriever(embedding, store, new RetrievalStrategy.TopK());
        return Finder.owning(store, probe -> {
            List<Hit> hits = retriever.retrieve(probe.question(), probe.dated() ? Math.max(2, k) : k);
            return new Finder.Found(shown(library, hits, probe), hits.get(0).score() < threshold);
        });
    }

    private static List<Embedding> vectors(EmbeddingModel embedding, List<String> texts) {
        return embedding
                .embedAll(texts.stream().map(TextSegment::from).toList())
                .content();
    }

    private static List<Hit> shown(Library library, List<Hit> hits, Probe probe) {
        return hits.stream()
                .map(h -> new Hit(h.id(), library.text(h.id(), probe.dated()), h.score()))
                .toList();
    }

    /** The score below which a share of {@link #LOST} of the known questions lies. */
    static double threshold(double[] known) {
        double[] sorted = known.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.floor(LOST * sorted.length)];
    }

    /**
     * LMCODE's store of experiences (seed 004) as a search over the model's own hidden states. The architecture itself must be trained
     * from its first step with its memory and cannot be put on a model that exists; its store can.
     */
    static Finder experiences(Subject subject, Library library, CausalLm lm) {
        if (library.entries().isEmpty()) {
            return Finder.none();
        }
        int width = lm.config().hidden();
        int layer = Math.max(1, Math.round(lm.config().layers() * 5 / 6f));
        ExperienceStore store = new ExperienceStore(
                TextVectors.of(lm.decoder(), lm.tokenizer(), layer),
                new LongTermMemory(library.entries().size(), width, ReplacementPolicy.HYBRID, 1),
                Stream.concat(
                                library.entries().stream().map(Library.Entry::key),
                                subject.others().stream()
                                        .map(f -> f.trainQuestions().get(0)))
                        .toList());
        List<String> ids = library.entries().stream().map(Library.Entry::id).toList();
        int[] slots = store.storeExperiences(
                library.entries().stream().map(Library.Entry::key).toList(), 1);
        Map<Integer, String> bySlot = new HashMap<>();
        for (int i = 0; i < slots.length; i++) {
            bySlot.put(slots[i], ids.get(i));
        }
        return probe -> new Finder.Found(
                store.queryMemory(probe.question(), probe.dated() ? 2 : 1).stream()
                        .map(f -> bySlot.get(f.slot()))
                        .map(id -> new Hit(id, library.text(id, probe.dated()), 0))
                        .toList(),
                false);
    }

    /**
     * The tiers of seed 001: facts of the world are long-term, and an update is told on a later day beside the text before it. Of the
     * texts that come near the best one, the newest is shown.
     */
    static Finder tiers(Subject subject, Condition condition, EmbeddingModel stored, EmbeddingModel embedding) {
        if (condition == Condition.WITHOUT) {
            return Finder.none();
        }
        Library first = Library.of(subject, condition == Condition.UPDATED ? Condition.WITH : condition);
        ExactStore store = new ExactStore();
        Tier tier = new Tier("long", new Tier.Limits(BYTES, Double.POSITIVE_INFINITY, Keeping.NEWEST), store);
        TieredMemory memory = new TieredMemory(
                Map.of(Horizon.SHORT, tier, Horizon.MID, tier, Horizon.LONG, tier),
                TieredMemory.NEVER,
                TieredMemory.NEVER);
        List<Library.Entry> told = first.entries();
        List<Embedding> vectors =
                vectors(stored, told.stream().map(Library.Entry::key).toList());
        for (int i = 0; i < told.size(); i++) {
            Library.Entry e = told.get(i);
            memory.write(e.id(), e.key(), vectors.get(i), Horizon.LONG, e.day() / DAYS);
        }
        if (condition == Condition.UPDATED) {
            List<String> texts =
                    subject.facts().stream().map(Fact::updatedStatement).toList();
            List<Embedding> later = vectors(stored, texts);
            for (int i = 0; i < texts.size(); i++) {
                memory.write(subject.facts().get(i).id() + " later", texts.get(i), later.get(i), Horizon.LONG, 1);
            }
        }
        return Finder.owning(store, probe -> {
            var query = embedding.embed(probe.question()).content();
            List<Hit> hits = new ArrayList<>();
            if (probe.dated()) {
                memory.read(query, 2, 2)
                        .forEach(f -> hits.add(
                                new Hit(f.memory().id(), first.text(f.memory().id(), true), f.cosine())));
            } else {
                memory.latest(query, MARGIN, 2).ifPresent(m -> {
                    String shown = first.text(m.id(), false);
                    hits.add(new Hit(m.id(), shown == null ? m.text() : shown, 1));
                });
            }
            return new Finder.Found(hits, false);
        });
    }
}
