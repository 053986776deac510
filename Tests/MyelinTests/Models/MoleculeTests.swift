import Foundation
import Myelin
import XCTest

@testable import MyelinModels

final class MoleculeTests: XCTestCase {
  /// Element symbol with hydrogens, of each atom.
  private func atoms(_ smiles: String) throws -> String {
    try Molecule(smiles: smiles).atoms.map { atom in
      let symbol = Molecule.symbols[atom.element]
      return (atom.isAromatic ? symbol.lowercased() : symbol) + (atom.hydrogens > 0 ? "\(atom.hydrogens)" : "")
        + (atom.charge == 0 ? "" : atom.charge > 0 ? "+\(atom.charge)" : "\(atom.charge)")
    }.joined(separator: " ")
  }

  func testAtomsAndTheirHydrogens() throws {
    for (smiles, expected) in [
      ("C", "C4"), ("CCO", "C3 C2 O1"), ("O=C=O", "O C O"), ("C#N", "C1 N"), ("[Na+].[Cl-]", "NA+1 CL-1"),
      ("N(=O)(=O)C", "N+1 O-1 O C3"), ("C([H])([H])[H]", "C4"), ("[C@]([H])(F)(Cl)Br", "C1 F Cl Br"), ("[H][H]", "H H"),
      ("CS(=O)(=O)C", "C3 S O O C3"), ("ClCBr", "Cl C2 Br"), ("[NH4+]", "N4+1"),
      ("[13CH3][2H]", "C4"), ("C[N+](C)(C)C", "C3 N+1 C3 C3 C3"), ("[Fe++]", "FE+2"), ("[O-]C", "O-1 C3"),
      ("F[C@@H](Cl)Br", "F C1 Cl Br"), ("F/C=C\\F", "F C1 C1 F"), ("C[Si](C)(C)C", "C3 SI C3 C3 C3"),
      ("C%12CCC%12", "C2 C2 C2 C2"), ("P(=O)(O)(O)O", "P O O1 O1 O1"),
    ] {
      XCTAssertEqual(try atoms(smiles).lowercased(), expected.lowercased(), smiles)
    }
  }

  /// However rings are written, the same atoms are aromatic: by the rule of Hückel, as RDKit has it.
  func testAromaticRings() throws {
    for (smiles, expected) in [
      ("c1ccccc1", "c1 c1 c1 c1 c1 c1"), ("C1=CC=CC=C1", "c1 c1 c1 c1 c1 c1"), ("C1=CCCCC1", "C1 C1 C2 C2 C2 C2"),
      ("[nH]1cccc1", "n1 c1 c1 c1 c1"), ("N1C=CC=C1", "n1 c1 c1 c1 c1"),
      ("O1C=CC=C1", "o c1 c1 c1 c1"),
      ("C1=CC=C1", "C1 C1 C1 C1"), ("C1=CC=CC=CC=C1", "C1 C1 C1 C1 C1 C1 C1 C1"),
      ("C1=CC=C2C=CC=CC2=C1", "c1 c1 c1 c c1 c1 c1 c1 c c1"), ("O=C1C=CC=CN1", "O c c1 c1 c1 c1 n1"),
      ("CN1C=NC2=C1C(=O)N(C)C(=O)N2C", "C3 n c1 n c c c O n C3 c O n C3"), ("O=C1C=CC(=O)C=C1", "O C C1 C1 C O C1 C1"),
    ] {
      XCTAssertEqual(try atoms(smiles), expected, smiles)
    }
    let kekule = try Molecule(smiles: "CC1=CC=CC=C1"), aromatic = try Molecule(smiles: "Cc1ccccc1")
    XCTAssertEqual(kekule.scaffold, aromatic.scaffold)
    XCTAssertNotEqual(kekule.scaffold, try Molecule(smiles: "C1CCCCC1").scaffold)
    XCTAssertEqual(try Molecule(smiles: "c1ccccc1CCO").scaffold, aromatic.scaffold)
    XCTAssertEqual(try Molecule(smiles: "CCO").scaffold, 0)
  }

  func testMistakesHaveTheirPlace() {
    for (smiles, position, expected) in [
      ("C(", 3, ")"), ("C)", 2, "an open branch"), ("C1CC", 2, "a ring that is closed"), ("C[", 3, "an element"),
      ("C[Xx]", 3, "an element"), ("[CH3", 5, "]"), ("C=", 3, "an atom after a bond"),
      ("=C", 1, "an atom before a bond"),
      ("CC?", 3, "an atom, a bond, a branch or a ring"), ("", 1, "an atom"), ("C11", 3, "a ring of more than one atom"),
      ("C%1", 3, "two digits after %"), ("C.", 3, "an atom"),
      ("C=1CC-1", 7, "the same bond at both ends of a ring"), ("C12CC12", 7, "one bond between two atoms"),
    ] {
      XCTAssertThrowsError(try Molecule(smiles: smiles), smiles) {
        XCTAssertEqual($0 as? Molecule.SyntaxError, .init(position: position, expected: expected), smiles)
      }
    }
  }

  /// No text brings it down.
  func testAnyText() {
    let letters = Array("CNOcnos[]()=#123%+-@H./\\BrCl".utf8)
    let random = RandomGenerator(seed: 4)
    for _ in 0..<3000 {
      let draws = random.uniform([14]).scalars
      _ = try? Molecule(
        smiles: String(
          decoding: draws.map { letters[min(Int($0 * Float(letters.count)), letters.count - 1)] }, as: UTF8.self))
    }
  }

  /// Each of the shipped molecules is read, with the atoms, bonds and hydrogens that RDKit 2026.9.1 finds: sums over all.
  func testShippedMolecules() throws {
    let options = try RunOptions.suited(to: RunSource(recipe: "molecules"))
    let task = try XCTUnwrap(Molecules.random.task(options, near: nil) as? MoleculeTask)
    XCTAssertEqual(task.training.count + task.test.count, 1058)
    let all = task.training.molecules + task.test.molecules
    XCTAssertEqual(all.reduce(0) { $0 + $1.graph.nodeCount }, 23713)
    XCTAssertEqual(all.reduce(0) { $0 + $1.graph.edgeCount }, 2 * 25552)
    let orders = all.reduce(into: [Float](repeating: 0, count: 4)) { sums, molecule in
      for (place, value) in molecule.bonds.scalars.enumerated() where place % 5 < 4 { sums[place % 5] += value / 2 }
    }
    XCTAssertEqual(orders[2], 47, "triple bonds")
    // RDKit finds 10002: in 23 molecules it has other rings as aromatic, by its own rules.
    XCTAssertEqual(orders[3], 9915, "aromatic bonds")
    // Parts by rings have none in common.
    let hard = try XCTUnwrap(
      Molecules.scaffolds.task(try .suited(to: RunSource(recipe: "molecules-scaffold")), near: nil) as? MoleculeTask)
    XCTAssertEqual(hard.training.count + hard.test.count, 1058)
    XCTAssertEqual(Double(hard.test.count), 212, accuracy: 40)
  }

  /// The order of molecules in a batch and of atoms in a molecule changes nothing, and the network has the size it says.
  func testBatches() throws {
    RandomGenerator.shared.reset(seed: 1)
    let configuration = MoleculeNetwork.Configuration(
      atoms: MoleculeFeatures.atomCount, bonds: MoleculeFeatures.bondCount, whole: MoleculeFeatures.wholeNames.count,
      hidden: 8, layers: 2, outputs: 1, dropout: 0)
    let network = MoleculeNetwork(configuration)
    XCTAssertEqual(network.parameterCount, configuration.size.parameterCount)
    let molecules = try ["CC(=O)Oc1ccccc1C(=O)O", "O", "[Na+].[Cl-]", "O(C(C)=O)c1c(C(O)=O)cccc1"].map {
      MoleculeFeatures(try Molecule(smiles: $0))
    }
    for (one, other) in zip(molecules[0].whole, molecules[3].whole) { XCTAssertEqual(one, other, accuracy: 1e-4) }
    let whole = Tensor(molecules.flatMap(\.whole), shape: [4, MoleculeFeatures.wholeNames.count]) * 0.1
    let samples = MoleculeSamples(molecules: molecules, whole: whole, labels: [], targets: [0, 0, 0, 0])
    let together = withoutGradient { network(samples.batch([0, 1, 2, 3]).inputs) }.scalars
    XCTAssertEqual(together[0], together[3], accuracy: 1e-4)
    for row in 0..<4 {
      XCTAssertEqual(withoutGradient { network(samples.batch([row]).inputs) }.scalars[0], together[row], accuracy: 1e-4)
    }
  }
}
