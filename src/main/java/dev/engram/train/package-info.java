/**
 * Learning: what may change ({@link dev.engram.train.Trainables}), the loss ({@link dev.engram.train.TrainingTask}) and the loop
 * that brings them together ({@link dev.engram.train.Trainer}).
 */
package dev.engram.train;
