package sample

// familyNames and how common they are, in the south of Việt Nam, roughly in
// percent (Nguyễn 38, Trần 11, Lê 9 as commonly given for the whole country).
var familyNames = []choice{
	{38, "Nguyễn"}, {11, "Trần"}, {9, "Lê"}, {7, "Phạm"}, {5, "Huỳnh"}, {4, "Phan"}, {3, "Võ"}, {3, "Vũ"}, {2, "Hoàng"},
	{2, "Đặng"}, {2, "Bùi"}, {2, "Đỗ"}, {2, "Hồ"}, {1, "Ngô"}, {1, "Dương"}, {1, "Lý"}, {1, "Đinh"}, {1, "Trương"},
	{1, "Lâm"}, {1, "Mai"}, {1, "Trịnh"}, {1, "Đoàn"}, {1, "Cao"}, {1, "Lưu"}, {1, "Hà"}, {1, "Tạ"}, {1, "Điểu"}, {1, "Quách"},
}

// Middle names come with the space before them: some people have none.
var middleNamesOfMen = []choice{
	{30, " Văn"}, {6, " Hữu"}, {6, " Đức"}, {6, " Minh"}, {5, " Quốc"}, {5, " Thanh"}, {5, " Ngọc"}, {4, " Công"},
	{4, " Đình"}, {4, " Xuân"}, {4, " Hoàng"}, {3, " Anh"}, {3, " Trọng"}, {3, " Thành"}, {2, " Gia"}, {2, " Tấn"},
	{2, " Hoàng Minh"}, {1, " Nguyễn Quốc"}, {1, " Trần Anh"}, {4, ""},
}

var middleNamesOfWomen = []choice{
	{38, " Thị"}, {7, " Thị Thanh"}, {6, " Thị Ngọc"}, {5, " Thị Kim"}, {5, " Thị Mỹ"}, {4, " Thị Thu"}, {4, " Ngọc"},
	{4, " Kim"}, {3, " Thanh"}, {3, " Thu"}, {3, " Mỹ"}, {3, " Bích"}, {2, " Hoàng"}, {2, " Minh"}, {2, " Phương"},
	{2, " Như"}, {1, " Thị Hòa"}, {1, " Lê Quỳnh"}, {4, ""},
}

var givenNamesOfMen = []choice{
	{3, "Hùng"}, {3, "Dũng"}, {4, "Tuấn"}, {3, "Nam"}, {3, "Hòa"}, {3, "Bình"}, {3, "Long"}, {3, "Hải"}, {3, "Sơn"},
	{4, "Minh"}, {2, "Quang"}, {3, "Thành"}, {3, "Cường"}, {2, "Tùng"}, {3, "Đạt"}, {3, "Phúc"}, {2, "Khánh"},
	{2, "Khoa"}, {2, "Phước"}, {3, "Thắng"}, {2, "Toàn"}, {2, "Vinh"}, {2, "Trung"}, {3, "Hiếu"}, {3, "Huy"},
	{2, "Duy"}, {2, "Tài"}, {2, "Lộc"}, {2, "Thịnh"}, {1, "Nghĩa"}, {2, "Tâm"}, {1, "Hậu"}, {2, "An"}, {1, "Luân"},
	{1, "Hoàng"}, {1, "Quý"}, {1, "Thụy"}, {1, "Ẩn"}, {1, "Ửng"},
}

var givenNamesOfWomen = []choice{
	{3, "Hoa"}, {3, "Lan"}, {4, "Hương"}, {3, "Hồng"}, {3, "Mai"}, {4, "Thủy"}, {3, "Thúy"}, {2, "Thùy"}, {4, "Trang"},
	{3, "Linh"}, {3, "Hà"}, {2, "Nga"}, {2, "Ngọc"}, {3, "Hạnh"}, {3, "Hiền"}, {3, "Thảo"}, {3, "Phương"}, {2, "Yến"},
	{2, "Nhung"}, {2, "Loan"}, {2, "Tuyết"}, {2, "Vân"}, {1, "Xuân"}, {2, "Thu"}, {2, "Dung"}, {2, "Hằng"}, {1, "Trinh"},
	{2, "Trâm"}, {2, "Vy"}, {2, "Nhi"}, {2, "My"}, {1, "Quyên"}, {1, "Uyên"}, {2, "Hòa"}, {1, "Thoa"}, {1, "Duyên"},
	{1, "Bưởi"}, {1, "Ửng"},
}

// homeland is where foreigners come from: the nationality (ISO 3166-1 alpha-2), the
// form of its passports' numbers, and names in the Latin letters of a passport.
type homeland struct {
	code, passport       string
	families, men, women []string
}

// homelands are those of the engineers and managers in Đồng Nai's industrial zones.
var homelands = []homeland{
	{"KR", "M99999999", []string{"KIM", "LEE", "PARK", "CHOI", "JUNG"}, []string{"MIN JUN", "SUNG HO", "JAE WON"}, []string{"JI YOUNG", "SOO JIN", "HYE JIN"}},
	{"KR", "M99999999", []string{"KANG", "YOON", "SHIN"}, []string{"DONG HYUN", "SEUNG WOO"}, []string{"EUN JI", "MI KYUNG"}},
	{"CN", "E99999999", []string{"WANG", "LI", "ZHANG", "CHEN"}, []string{"WEI", "JUN", "QIANG"}, []string{"FANG", "XIULAN", "YAN"}},
	{"TW", "399999999", []string{"CHEN", "LIN", "HUANG", "CHANG"}, []string{"CHIH-MING", "CHUN-CHIEH"}, []string{"SHU-FEN", "YA-TING"}},
	{"JP", "TR9999999", []string{"SATO", "SUZUKI", "TANAKA", "WATANABE"}, []string{"HIROSHI", "KENJI", "TAKASHI"}, []string{"YUKO", "KEIKO"}},
	{"IN", "P9999999", []string{"KUMAR", "SHARMA", "PATEL"}, []string{"RAHUL", "ANIL"}, []string{"PRIYA", "SUNITA"}},
	{"DE", "C99999999", []string{"MÜLLER", "SCHMIDT"}, []string{"JÜRGEN", "THOMAS"}, []string{"SABINE", "ANNA"}},
}
