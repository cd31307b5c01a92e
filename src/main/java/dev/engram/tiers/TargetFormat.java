package dev.engram.tiers;

import dev.engram.model.text.Tokenizer;
import dev.engram.train.Example;
import dev.engram.train.Labels;
import dev.engram.world.PersonalFact;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * In which form a told fact is learned (seed 001, "only the last layers", step 2). Two examples a fact in every form, so that forms
 * differ in nothing else.
 *
 * <p>The seed masks the value in what the user said and labels the whole sentence. A model that predicts the next token would learn
 * mostly words it has just read, so MASKED labels the value alone, as the masked slot of the seed's comment means.
 */
public enum TargetFormat {
    /** "Today I weigh [MASK]." is the user's turn, "58 kg" the answer. */
    MASKED,
    /** Every token of "Today I weigh 58 kg." is learned, as plain text. */
    FULL,
    /** "What is my weight?" is the user's turn, "58 kg" the answer. */
    QA;

    /** What stands for the value. */
    public static final String MASK = "[MASK]";

    /** As it stands in tables. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What is learned of one fact. */
    public List<Example> examples(Labels labels, Tokenizer tokenizer, PersonalFact told) {
        String value = told.fact().value();
        return switch (this) {
            case MASKED ->
                List.of(
                        labels.answer(told.masked(), value),
                        labels.answer(masked(told.fact().statement(), value), value));
            case FULL ->
                List.of(
                        Labels.all(tokenizer.encode(told.utterance())),
                        Labels.all(tokenizer.encode(told.fact().statement())));
            case QA ->
                told.fact().trainQuestions().stream()
                        .limit(2)
                        .map(q -> labels.answer(q, value))
                        .toList();
        };
    }

    /** The same wordings as questions about the value alone: what this form should make the model say by heart. */
    public List<Example> byHeart(Labels labels, Tokenizer tokenizer, PersonalFact told) {
        String value = told.fact().value();
        return this == FULL
                ? List.of(
                        cloze(tokenizer, told.utterance(), value),
                        cloze(tokenizer, told.fact().statement(), value))
                : examples(labels, tokenizer, told);
    }

    /** A text of which the value's tokens alone are labelled; case of the value's first letter does not matter. */
    static Example cloze(Tokenizer tokenizer, String text, String value) {
        int from = find(text, value);
        Tokenizer.Pieces pieces = tokenizer.pieces(text);
        int[] labels = new int[pieces.ids().length];
        Arrays.fill(labels, Labels.IGNORE);
        for (int t = 0; t < labels.length; t++) {
            if (pieces.to()[t] > from && pieces.from()[t] < from + value.length()) {
                labels[t] = pieces.ids()[t];
            }
        }
        return new Example(pieces.ids(), labels);
    }

    /** The text with the mask in place of the value. */
    public static String masked(String text, String value) {
        int from = find(text, value);
        return text.substring(0, from) + MASK + text.substring(from + value.length());
    }

    private static int find(String text, String value) {
        int from = text.toLowerCase(Locale.ROOT).lastIndexOf(value.toLowerCase(Locale.ROOT));
        if (from < 0) {
            throw new IllegalArgumentException("The value '" + value + "' does not occur in '" + text + "'.");
        }
        return from;
    }
}
