package dev.engram.assistant;

import dev.engram.tiers.Horizon;
import dev.engram.tiers.RuleGate;
import dev.engram.world.PersonalFact;
import dev.engram.world.World;
import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.store.embedding.CosineSimilarity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a telling or a question is about: the subject of the nearest example (one nearest neighbour on embeddings). The examples are
 * what the world's training users say and ask. A short "my X is" names a subject of its own, known or not, so that a brother's name
 * does not replace a sister's.
 *
 * <p>Examples are few and embeddings mix subject with style; the evaluation counts how often that is wrong for people who speak
 * otherwise.
 */
public final class Subjects {
    /** Cosine from which the nearest example says what a sentence is about. */
    static final double NEAR = 0.72;

    /**
     * The same for a telling that speaks of its speaker or holds a number, and for a question. Lower, chatter such as "That was quick."
     * would be taken for a mood and replace it.
     */
    static final double LIKELY = 0.66;

    /** "my brother's name" where the sentence says what it is. */
    private static final String MINE = "my ((?:[\\p{L}]+(?:'s)? )?[\\p{L}]+(?:'s)?)";

    private static final Pattern TELLS_OF = Pattern.compile("(?i)\\b" + MINE + " (?:is|are|was|were|will be)\\b");
    private static final Pattern ASKS_FOR =
            Pattern.compile("(?i)\\b(?:(?:what|which|who|where|when|how)(?:'s| is| are| was| were)"
                    + "|remember|know|tell me|remind me of) " + MINE + "(?: called| again| now)?[?.]?$");

    private final EmbeddingModel model;
    private final List<Example> tellings;
    private final List<Example> questions;
    /** By subject, what training users call it. */
    private final Map<String, Set<String>> names = new HashMap<>();

    private record Example(String subject, Horizon horizon, Embedding vector) {}

    /**
     * What a sentence is about.
     *
     * @param subject empty if it is not recognised
     * @param horizon how long it matters
     * @param cosine with the nearest example
     */
    public record Guess(String subject, Horizon horizon, double cosine) {}

    private Subjects(EmbeddingModel model, List<String[]> told, List<String[]> asked) {
        this.model = model;
        this.tellings = examples(told);
        this.questions = examples(asked);
    }

    /** Examples of this many training users of the world, and of their chatter. */
    public static Subjects learned(EmbeddingModel model, int users, List<String> chatter) {
        Map<String, String[]> told = new LinkedHashMap<>();
        Map<String, String[]> asked = new LinkedHashMap<>();
        for (int u = 1; u <= users; u++) {
            for (PersonalFact f : World.user("learner " + u, false)) {
                String subject = f.fact().relation();
                told.putIfAbsent(f.masked() + u % 2, new String[] {subject, f.horizon(), f.utterance()});
                told.putIfAbsent(
                        subject + u,
                        new String[] {subject, f.horizon(), f.fact().statement().replace("The user", "I")});
                f.fact().trainQuestions().forEach(q -> asked.put(q, new String[] {subject, f.horizon(), q}));
            }
        }
        for (int i = 0; i < chatter.size(); i += 2) { // the others are for tests, as in UserStream
            String[] nothing = {"", Horizon.NONE.key(), chatter.get(i)};
            (chatter.get(i).endsWith("?") ? asked : told).put(chatter.get(i), nothing);
        }
        return new Subjects(model, List.copyOf(told.values()), List.copyOf(asked.values()));
    }

    private List<Example> examples(List<String[]> rows) {
        List<Embedding> vectors = model.embedAll(
                        rows.stream().map(r -> TextSegment.from(r[2])).toList())
                .content();
        List<Example> out = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            String[] r = rows.get(i);
            out.add(new Example(r[0], Horizon.of(r[1]), vectors.get(i)));
            String name = name(r[2]);
            if (!r[0].isEmpty() && !name.isEmpty()) {
                names.computeIfAbsent(r[0], k -> new HashSet<>()).add(name);
            }
        }
        return out;
    }

    /** What the user tells about. */
    public Guess telling(String text, Embedding vector) {
        boolean likely = new RuleGate().classify(text) != Horizon.NONE || text.matches(".*\\d.*");
        return guess(text, vector, tellings, likely ? LIKELY : NEAR);
    }

    /** What the user asks about. */
    public Guess question(String text, Embedding vector) {
        return guess(text, vector, questions, LIKELY);
    }

    private Guess guess(String text, Embedding vector, List<Example> examples, double near) {
        Example best = examples.stream()
                .max(Comparator.comparingDouble(e -> CosineSimilarity.between(e.vector(), vector)))
                .orElseThrow();
        double cosine = CosineSimilarity.between(best.vector(), vector);
        String name = name(text);
        if (!name.isEmpty()) {
            return names.entrySet().stream()
                    .filter(e -> e.getValue().contains(name))
                    .map(e -> new Guess(e.getKey(), horizon(e.getKey()), cosine))
                    .findFirst()
                    .orElse(new Guess(name, atLeastLong(text), cosine));
        }
        if (cosine >= near && !best.subject().isEmpty()) {
            return new Guess(best.subject(), best.horizon(), cosine);
        }
        return new Guess("", new RuleGate().classify(text), cosine);
    }

    private Horizon horizon(String subject) {
        return tellings.stream()
                .filter(e -> e.subject().equals(subject))
                .findFirst()
                .orElseThrow()
                .horizon();
    }

    private static Horizon atLeastLong(String text) {
        Horizon rule = new RuleGate().classify(text);
        return rule == Horizon.NONE ? Horizon.LONG : rule;
    }

    /**
     * "favourite colour" in "My favourite colour is green" and in "What is my favourite colour?"; empty if there is no such name of at
     * most two words.
     */
    static String name(String text) {
        for (Pattern pattern : List.of(TELLS_OF, ASKS_FOR)) {
            Matcher m = pattern.matcher(text);
            if (m.find()) {
                return m.group(1).toLowerCase(Locale.ROOT).replaceFirst("(?:'s name|'s)$", "");
            }
        }
        return "";
    }
}
