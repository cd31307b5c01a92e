package dev.engram.tiers;

import dev.engram.eval.Prose;
import dev.engram.model.Adapter;
import dev.engram.model.BadInputException;
import dev.engram.model.CausalLm;
import dev.engram.model.TrainableDecoder;
import dev.engram.model.text.Tokenizer;
import dev.engram.train.Example;
import dev.engram.train.Labels;
import dev.engram.train.Recitation;
import dev.engram.world.PersonalFact;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What is asked of a model that learned what a user told: by heart, in other wordings, old facts, ordinary text. */
public final class LayerProbes {
    /** Wordings that were trained, in the form of training. */
    public static final String BY_HEART = "by heart";
    /** Questions that the QA form trains; the other forms never see them. */
    public static final String QUESTIONS = "questions";
    /** Questions in wordings that nothing trains. */
    public static final String HELD_OUT = "held-out questions";
    /** A statement of other syntax that nothing trains, up to the value. */
    public static final String PARAPHRASE = "held-out statement";
    /** Sentences that the base completes rightly. */
    public static final String OLD = "old facts";
    /** Prose. */
    public static final String TEXT = "ordinary text";

    private static final int ROWS = 16;
    private static final int WINDOW = 256;
    private static final int WINDOWS = 6;

    private final Tokenizer tokenizer;
    private final Labels labels;
    private final int pad;
    private final List<Probe> old = new ArrayList<>();
    private final List<Probe> text = new ArrayList<>();

    /**
     * A question.
     *
     * @param test which group it belongs to
     * @param unit what intervals are over
     */
    public record Probe(String test, String unit, Example example) {}

    /**
     * An answer.
     *
     * @param exact 1 if greedy decoding says it; for ordinary text the share of tokens is not asked, and this is 0
     * @param nll nats per token
     */
    public record Answer(String test, String unit, double exact, double nll) {}

    /** Reads what does not depend on facts. */
    public LayerProbes(CausalLm lm, Prose prose) {
        this.tokenizer = lm.tokenizer();
        this.labels = new Labels(
                tokenizer,
                lm.chatTemplate()
                        .orElseThrow(() -> new BadInputException(
                                lm.origin() + " has no chat template, so it cannot be asked; use another model.")));
        this.pad = lm.defaults().pad().orElse(0);
        lines("old-facts.txt").forEach(line -> {
            int bar = line.indexOf('|');
            old.add(new Probe(
                    OLD,
                    line.substring(0, bar),
                    Labels.completion(
                            tokenizer.encode(line.substring(0, bar)), tokenizer.encode(line.substring(bar + 1)))));
        });
        int window = Math.min(WINDOW, lm.config().contextLength());
        for (int[] ids : prose.windows(tokenizer, window, WINDOWS)) {
            text.add(new Probe(TEXT, "window " + text.size(), Labels.all(ids)));
        }
    }

    /** Lines of a resource of this package; empty ones and those that start with # are skipped. */
    static List<String> lines(String name) {
        try (InputStream in = LayerProbes.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Labels labels() {
        return labels;
    }

    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** Id that fills short rows. */
    public int pad() {
        return pad;
    }

    /** Everything that is asked about one fact. */
    public List<Probe> about(PersonalFact told, TargetFormat format) {
        String unit = told.fact().relation();
        List<Probe> probes = new ArrayList<>();
        format.byHeart(labels, tokenizer, told).forEach(e -> probes.add(new Probe(BY_HEART, unit, e)));
        probes.addAll(questions(QUESTIONS, told, told.fact().trainQuestions()));
        probes.addAll(questions(HELD_OUT, told, told.fact().heldoutQuestions()));
        List<String> others = told.fact().paraphrases();
        probes.add(new Probe(
                PARAPHRASE,
                unit,
                TargetFormat.cloze(
                        tokenizer, others.get(others.size() - 1), told.fact().value())));
        return probes;
    }

    private List<Probe> questions(String test, PersonalFact told, List<String> wordings) {
        return wordings.stream()
                .map(q -> new Probe(
                        test,
                        told.fact().relation(),
                        labels.answer(q, told.fact().value())))
                .toList();
    }

    /** Old facts and ordinary text. */
    public List<Probe> rest() {
        List<Probe> all = new ArrayList<>(old);
        all.addAll(text);
        return all;
    }

    /**
     * Asks, with the weights as they are now. Windows of text go one by one, as their logits are large.
     *
     * @param adapter beside the weights, or null
     */
    public List<Answer> ask(TrainableDecoder decoder, Adapter adapter, List<Probe> probes) {
        List<Probe> brief = probes.stream().filter(p -> !p.test.equals(TEXT)).toList();
        List<Probe> wide = probes.stream().filter(p -> p.test.equals(TEXT)).toList();
        List<Answer> answers = new ArrayList<>();
        answers(decoder, adapter, brief, ROWS, answers);
        answers(decoder, adapter, wide, 1, answers);
        return answers;
    }

    private void answers(TrainableDecoder decoder, Adapter adapter, List<Probe> probes, int rows, List<Answer> into) {
        List<Recitation> said = Recitation.of(
                decoder, adapter, probes.stream().map(Probe::example).toList(), rows, pad);
        for (int i = 0; i < said.size(); i++) {
            Probe p = probes.get(i);
            into.add(new Answer(
                    p.test, p.unit, said.get(i).exactness(), said.get(i).meanNll()));
        }
    }

    /** The newest fact of each relation at the end of the given day, in the order of relations' first telling. */
    public static List<PersonalFact> known(List<PersonalFact> year, int day) {
        Map<String, PersonalFact> newest = new LinkedHashMap<>();
        year.stream()
                .filter(f -> f.day() <= day)
                .forEach(f -> newest.put(f.fact().relation(), f));
        return List.copyOf(newest.values());
    }
}
