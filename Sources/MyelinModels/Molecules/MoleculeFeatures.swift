import Foundation
import Myelin

/// A molecule as a network sees it: a graph with numbers of atoms and bonds, and numbers of the whole.
struct MoleculeFeatures: Sendable {
  let graph: Graph
  /// [atoms, atomCount] and [edges, bondCount], edges in the graph's order.
  let atoms: Tensor
  let bonds: Tensor
  /// [wholeCount], not standardised.
  let whole: [Float]

  private static let elements = [6, 7, 8, 9, 15, 16, 17, 35, 53]
  /// Element or another, neighbours 0…4 or more, hydrogens 0…3 or more, charge, aromatic, in a ring.
  static let atomCount = 10 + 5 + 4 + 3
  /// Order, in a ring.
  static let bondCount = 4 + 1

  init(_ molecule: Molecule) {
    let rings = molecule.rings
    var degree = [Int](repeating: 0, count: molecule.atoms.count)
    for bond in molecule.bonds {
      degree[bond.first] += 1
      degree[bond.second] += 1
    }
    var numbers: [Float] = []
    for (index, atom) in molecule.atoms.enumerated() {
      var row = [Float](repeating: 0, count: MoleculeFeatures.atomCount)
      row[MoleculeFeatures.elements.firstIndex(of: atom.element) ?? 9] = 1
      row[10 + min(degree[index], 4)] = 1
      row[15 + min(atom.hydrogens, 3)] = 1
      row[19] = Float(atom.charge)
      row[20] = atom.isAromatic ? 1 : 0
      row[21] = rings.atoms[index] ? 1 : 0
      numbers += row
    }
    atoms = Tensor(numbers, shape: [molecule.atoms.count, MoleculeFeatures.atomCount])
    let pairs = molecule.bonds
    graph = Graph(
      nodeCount: molecule.atoms.count, from: pairs.map { Int32($0.first) } + pairs.map { Int32($0.second) },
      to: pairs.map { Int32($0.second) } + pairs.map { Int32($0.first) })
    var ofBonds: [Float] = []
    for index in pairs.indices + Array(pairs.indices) {
      var row = [Float](repeating: 0, count: MoleculeFeatures.bondCount)
      row[pairs[index].order.rawValue - 1] = 1
      row[4] = rings.bonds[index] ? 1 : 0
      ofBonds += row
    }
    bonds = graph.ordered(Tensor(ofBonds, shape: [2 * pairs.count, MoleculeFeatures.bondCount]))
    whole = MoleculeFeatures.descriptors(molecule, degree: degree, rings: rings)
  }

  /// What is counted of a whole molecule.
  static let wholeNames = [
    "heavy atoms", "carbons", "nitrogens", "oxygens", "halogens", "sulphur and phosphorus", "aromatic atoms",
    "ring atoms",
    "rings", "rotatable bonds", "donors", "acceptors", "polar surface", "charge", "acids", "bases", "hydrogens",
    "share of aromatic atoms", "share of heteroatoms", "branches",
  ]

  private static func descriptors(
    _ molecule: Molecule, degree: [Int], rings: (atoms: [Bool], bonds: [Bool])
  ) -> [Float] {
    let atoms = molecule.atoms
    func count(_ which: (Int) -> Bool) -> Float { Float(atoms.indices.count(where: which)) }
    var neighbors = [[(atom: Int, order: Int)]](repeating: [], count: atoms.count)
    for bond in molecule.bonds {
      neighbors[bond.first].append((bond.second, bond.order.rawValue))
      neighbors[bond.second].append((bond.first, bond.order.rawValue))
    }
    let heavy = max(count { _ in true }, 1)
    let isHetero: (Int) -> Bool = { atoms[$0].element == 7 || atoms[$0].element == 8 }
    let isCarbonyl: (Int) -> Bool = { atom in
      neighbors[atom].contains { atoms[$0.atom].element == 8 && $0.order == 2 }
    }
    let rotatable = molecule.bonds.indices.count { index in
      let bond = molecule.bonds[index]
      return bond.order == .single && !rings.bonds[index] && degree[bond.first] > 1 && degree[bond.second] > 1
    }
    // As Ertl, Rohde and Selzer (2000) have the commonest surroundings.
    let surface = atoms.indices.reduce(Float(0)) { sum, index in
      let atom = atoms[index]
      let hasDouble = neighbors[index].contains { $0.order == 2 }
      switch (atom.element, atom.hydrogens) {
      case (8, 0): return sum + (atom.isAromatic ? 13.1 : hasDouble ? 17.1 : atom.charge < 0 ? 23.1 : 9.2)
      case (8, _): return sum + 20.2
      case (7, 0):
        return sum
          + (atom.isAromatic ? (degree[index] > 2 ? 4.9 : 12.9) : degree[index] == 1 ? 23.8 : hasDouble ? 12.4 : 3.2)
      case (7, 1): return sum + (atom.isAromatic ? 15.8 : hasDouble ? 23.9 : 12)
      case (7, _): return sum + 26
      default: return sum
      }
    }
    let acids = count { index in
      isCarbonyl(index)
        && neighbors[index].contains {
          atoms[$0.atom].element == 8 && $0.order == 1 && (atoms[$0.atom].hydrogens > 0 || atoms[$0.atom].charge < 0)
        }
    }
    let bases = count { index in
      atoms[index].element == 7 && !atoms[index].isAromatic
        && !neighbors[index].contains {
          $0.order != 1 || isCarbonyl($0.atom) || atoms[$0.atom].isAromatic || atoms[$0.atom].element != 6
        }
    }
    // Bonds that a tree of the atoms would not have, fragments aside.
    let ringCount = Float(max(molecule.bonds.count - atoms.count + 1, 0))
    let aromatic = count { atoms[$0].isAromatic }
    let hetero = count { atoms[$0].element != 6 && atoms[$0].element != 1 }
    return [
      heavy, count { atoms[$0].element == 6 }, count { atoms[$0].element == 7 }, count { atoms[$0].element == 8 },
      count { [9, 17, 35, 53].contains(atoms[$0].element) }, count { [15, 16].contains(atoms[$0].element) }, aromatic,
      count { rings.atoms[$0] }, ringCount, Float(rotatable), count { isHetero($0) && atoms[$0].hydrogens > 0 },
      count(isHetero), surface, Float(atoms.reduce(0) { $0 + $1.charge }), acids, bases,
      Float(atoms.reduce(0) { $0 + $1.hydrogens }), aromatic / heavy, hetero / heavy, count { degree[$0] > 2 },
    ]
  }
}
