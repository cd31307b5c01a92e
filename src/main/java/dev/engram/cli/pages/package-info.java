/** Pages whose tables are made from results/ and data/, so that they cannot say anything else. */
package dev.engram.cli.pages;
